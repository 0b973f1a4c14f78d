import { isErrorCode, TidegateError } from '../../model/errors';
import { fold } from '../../model/nodeset';
import { newerThan, type Owing, owing } from '../../model/owed';
import { Ranges } from '../../model/ranges';
import { nextOpening } from '../../model/window';
import type { OwedLook } from '../../workflows/contract/owed';
import type { RolloutRef } from '../../workflows/contract/rollout';
import { survey } from '../plan/survey';
import { isAway } from './away';
import type { Book, Books } from './book';
import { stateEntry } from './entries';
import { Planned } from './planned';
import type { RolloutWork, Secured } from './work';

/**
 * Looks which owed hosts of a rollout that has ended are back. Read-only on hosts; the end of the looking is written
 * to the ledger.
 */
export async function lookForOwed(secured: Secured, books: Books, ref: RolloutRef): Promise<OwedLook> {
  const book = await books.open(ref.rollout);
  const { started, ended } = book.record;
  if (started?.plan !== ref.plan)
    throw new TidegateError('TG_PLAN_STALE', `${ref.rollout} was not started with plan ${ref.plan}`);
  // A person is at it: what is owed then is seen when it has ended.
  if (!ended) return { back: '', opensInMs: 0 };
  const fleet = await secured.fleet('plan');
  const planned = await Planned.load(secured.files, ref.plan, fleet);
  const { plan } = planned.record;
  const now = Date.now();
  const owed = await stillOwed(books, book, planned, now);
  if ('end' in owed) {
    await book.append({ kind: 'owed', ended: owed.end });
    return { ended: owed.end, back: '', opensInMs: 0 };
  }
  const opensInMs = plan.window ? Math.max(0, nextOpening(plan.window, now).opensAt - now) : 0;
  if (opensInMs > 0) return { back: '', opensInMs, untilMs: owed.untilMs };
  const held = new Set((await secured.holds()).map(({ host }) => host));
  const hosts = owed.hosts
    .flatMap((index) => planned.hostAt(index) ?? [])
    .filter(({ name }) => !held.has(name) && !secured.quarantine.of(name));
  const { problems } = await survey(secured, fleet, plan, hosts, []);
  // A host that answers with another key, say, is back: it fails as in any wave.
  const away = new Set(
    problems
      .filter(({ code }) => isErrorCode(code) && isAway(new TidegateError(code, '')))
      .map(({ host }) => host),
  );
  const back = hosts.map(({ name }) => name).filter((name) => !away.has(name));
  return { back: fold(back), opensInMs: 0, untilMs: owed.untilMs };
}

/** What the ledger says, at this moment, of catching up. */
export async function stillOwed(books: Books, book: Book, planned: Planned, nowMs: number): Promise<Owing> {
  const { started } = book.record;
  const newer = started && newerThan(started, await books.starts());
  const stopAt = book.record.allowed ?? planned.record.stopAt;
  return owing(book.record, { nowMs, newer, stopAt });
}

/** Takes up owed hosts that are back: pending again, at their next attempt, and owed for no longer than they were. */
export async function takeUpOwed(work: RolloutWork, owed: Owing, names: readonly string[]): Promise<Ranges> {
  if ('end' in owed) return Ranges.none;
  const wanted = new Set(names);
  const chosen = owed.hosts.filter((index) => wanted.has(work.record(index).name));
  await work.book.append(
    ...chosen.map((index) => {
      const { attempt, until } = work.record(index);
      return stateEntry(work, index, 'pending', { failure: false, attempt: attempt + 1, until });
    }),
  );
  return Ranges.of(chosen);
}

/** Hosts that were never reached in all their tries are owed; those that were owed before, for no longer than then. */
export async function owe(work: RolloutWork, hosts: Ranges): Promise<{ failures: number }> {
  const { owedFor } = work.planned.record.plan.unreachable;
  const until = new Date(Date.now() + owedFor).toISOString();
  const pending = [...hosts].filter((index) => work.record(index).state === 'pending');
  await work.book.append(
    ...pending.map((index) => {
      const { code, detail, until: before = until } = work.record(index);
      return stateEntry(work, index, 'owed', { code, detail, failure: false, until: before });
    }),
  );
  return { failures: work.book.record.failures() };
}
