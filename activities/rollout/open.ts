import type { Actor } from '../../model/actor';
import { TidegateError } from '../../model/errors';
import { expand } from '../../model/nodeset';
import { rolloutOrder } from '../../model/orders';
import type { Owing } from '../../model/owed';
import { Ranges } from '../../model/ranges';
import { shareOf } from '../../model/share';
import { type OpenedRollout, type RolloutInput, rolloutWorkflowId } from '../../workflows/contract/rollout';
import type { Authority } from '../authority';
import type { Books } from './book';
import { namesOfBatches } from './names';
import { stillOwed, takeUpOwed } from './owed';
import { Planned } from './planned';
import { retry } from './retry';
import { RolloutWork, type Secured } from './work';

/**
 * Begins a rollout's book, or takes it up again; safe to run twice. Nothing is written when it refuses.
 * @throws TG_MANDATE_MISSING, TG_MANDATE_REFUSED; TG_SELECTOR_INVALID for the hosts of a retry; TG_PLAN_STALE when the fleet is not the one that was planned for.
 */
export async function openRollout(
  secured: Secured,
  books: Books,
  authority: Authority,
  input: RolloutInput,
): Promise<OpenedRollout> {
  const actor = await actorOf(authority, input);
  if (input.hosts !== undefined) expand(input.hosts);
  const fleet = await secured.fleet('plan');
  const planned = await Planned.load(secured.files, input.plan, fleet);
  const { record } = planned;
  const book = await books.open(input.rollout);
  const fresh = book.record.started === undefined;
  // The lock on the package is ours by now: no newer rollout of it can begin between this look and our end.
  const owed = input.verb === 'catch up' ? await stillOwed(books, book, planned, Date.now()) : undefined;
  const mayOpen = owed === undefined || ('hosts' in owed && book.record.started?.plan === input.plan);
  if (fresh && fleet.digest !== record.fleetDigest)
    throw new TidegateError('TG_PLAN_STALE', {
      detail: `the fleet has changed since the plan was made (${record.plannedAt})`,
      next: `tidegate rollout plan ${record.planPath}`,
    });
  // Its workflow was ended from outside when a person takes up a book that has no end.
  const isTakenUp = book.record.ended !== undefined || ['retry', 'rollback'].includes(input.verb);
  if ((fresh || isTakenUp) && mayOpen) {
    const again = { kind: 'asked', verb: input.verb, actor, detail: input.hosts } as const;
    const started = {
      kind: 'started',
      rollout: input.rollout,
      fleet: input.fleet,
      package: record.plan.package,
      version: record.artifact.version,
      plan: input.plan,
      workflowId: rolloutWorkflowId(input.fleet, record.plan.package),
      hosts: record.hosts,
      selected: record.selected,
      untouched: Object.fromEntries(Object.entries(record.untouched).map(([why, { count }]) => [why, count])),
      waves: record.waves.map((wave) => wave.to - wave.from),
      stopAt: record.stopAt,
      actor,
    } as const;
    await book.append(started, ...(fresh ? [] : [again]));
  }
  const work = new RolloutWork(secured, book, planned, fleet);
  const chosen = await choose(work, input, mayOpen ? owed : { end: '' });
  const limit = book.record.allowed;
  const { unreachable } = record.plan;
  return {
    package: record.plan.package,
    version: record.artifact.version,
    waves: record.waves.map((wave) => {
      const hosts = Ranges.of(
        [...Ranges.between(wave.from, wave.to).intersect(chosen)].filter(
          (i) => work.record(i).state === 'pending',
        ),
      );
      return {
        from: wave.from,
        to: wave.to,
        hosts: hosts.toText(),
        size: wave.size,
        soakMs: wave.soakMs,
        gate: wave.gate,
        names: namesOfBatches(planned.list, hosts),
      };
    }),
    stopAt: limit ?? record.stopAt,
    firstWaveStopAt: limit ?? (owed ? record.stopAt : record.firstWaveStopAt),
    whenSpent: record.plan.budget.whenSpent,
    rehearse: rehearses(input.verb, work),
    unreachable: {
      tries: unreachable.tries,
      everyMs: unreachable.within / Math.max(1, unreachable.tries - 1),
      pauseOverHosts: shareOf(unreachable.pauseOver, record.hosts),
    },
    checks: record.plan.checks.length > 0,
    window: record.plan.window !== undefined,
    rehearsesInWindow:
      record.plan.window !== undefined && planned.list.some(({ name }) => record.rehearsedOn?.includes(name)),
    notify: record.plan.notify !== undefined,
  };
}

/**
 * A start, not only when the book is fresh: the attempt before this one may have died after it began the book. A retry of
 * what ended before its rehearsal was through, or that would be the first to touch a host without one.
 */
function rehearses(verb: RolloutInput['verb'], { planned, book }: RolloutWork): boolean {
  const { plan, undo, platforms } = planned.record;
  if (plan.rollback !== 'required' || undo.length === 0) return false;
  const rehearsed = Object.keys(platforms).every((_, n) => book.record.host(-1 - n).state === 'rolled back');
  return verb === 'start' || (verb === 'retry' && !rehearsed);
}

/** Catching up is nobody's order: what was started with one, and is owed by the ledger, is what it can do. */
function actorOf(authority: Authority, input: RolloutInput): Promise<Actor> | Actor {
  if (input.verb === 'catch up') return { name: 'tidegate', proof: 'claimed', reason: 'owed hosts are back' };
  return authority.prove(input, rolloutOrder(input.verb, input));
}

function choose(
  work: RolloutWork,
  { verb, hosts }: RolloutInput,
  owed: Owing | undefined,
): Promise<Ranges> | Ranges {
  if (owed) return takeUpOwed(work, owed, expand(hosts ?? ''));
  return verb === 'retry' ? retry(work, hosts) : Ranges.between(0, work.planned.record.hosts);
}
