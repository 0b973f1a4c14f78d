import type { Host } from '../../model/fleet';
import { requestText } from '../../model/request';
import { begin } from './begin';
import type { NewEntry } from './book';
import { detailOf, type Ended, outcomeOf } from './ended';
import { endedEntry, isLostBy, stateEntry } from './entries';
import { follow } from './follow';
import { countUnreachable, keptFrom, leaveAsItIs, look, type Seen } from './look';
import { settleOrFollow } from './overdue';
import { undoOperation } from './undo';
import type { RolloutWork } from './work';

/** A begin that never arrived is sent again this often before the host counts as unreachable. */
const begins = 3;

/**
 * Carries the patch to one host: look, stage, begin, wait, verify; and takes it back when it fails.
 * Whatever was done before a crash is found in the ledger and on the host, and is not done again.
 */
export async function apply(work: RolloutWork, index: number, wave: number): Promise<void> {
  for (let begun = 0; begun < begins && work.record(index).state === 'pending'; begun += 1) {
    const ended = await carryOut(work, index, wave);
    if (ended !== 'again') return;
  }
  const host = work.planned.hostAt(index);
  if (host && work.record(index).state === 'pending')
    await countUnreachable(work, host, index, {
      code: 'TG_CONNECTION_LOST',
      detail: `${begins} begins never arrived`,
    });
}

async function carryOut(work: RolloutWork, index: number, wave: number): Promise<'again' | 'settled'> {
  const record = work.record(index);
  const host = work.planned.hostAt(index);
  if (!host) {
    await leaveAsItIs(work, index, { code: 'removed' });
    return 'settled';
  }
  if (record.running?.action === 'undo') {
    const { code = '', detail, lost } = record;
    return undoAfterFailure(work, host, index, { code, detail, lost });
  }
  if (record.running) return settle(work, host, index, await follow(work, host, index));

  const head = work.secured.chain.last(host.name);
  let seen = await look(work, host, index);
  if (!seen) return 'settled';
  if ((await work.acquire(index, 'apply')) === 'closed') {
    await leave(seen);
    return 'settled';
  }
  // An operation of another rollout came in between, or a person: what was seen may not be so any more, and now nobody
  // else begins.
  if (seen === 'moved' || work.secured.chain.last(host.name) !== head || (await keptFrom(work, host))) {
    await leave(seen);
    seen = await look(work, host, index);
  }
  if (!seen || seen === 'moved') {
    work.settle(index, { withBudget: true, failed: false });
    return 'settled';
  }
  const { before, absent, session, asked } = seen;
  const { planned } = work;
  const request = requestText(
    {
      install: planned.rpms(host.platform),
      erase: [],
      oldPackage: planned.record.plan.downgrade,
      // After a loss the host may be half-way: forward over whatever is there.
      replacePackages: record.attempt > 1,
      mayBeTurnedDown: !asked,
    },
    planned.record.plan,
  );
  const ended = await begin(work, host, {
    index,
    action: 'apply',
    attempt: record.attempt,
    request,
    before,
    absent,
    session,
    wave,
  });
  void session.leave();
  return settle(work, host, index, ended);
}

/** What it brought is dropped before another look brings it again. */
async function leave(seen: Seen | 'moved'): Promise<void> {
  if (seen !== 'moved') await seen.session.leave();
}

async function settle(
  work: RolloutWork,
  host: Host,
  index: number,
  ended: Ended,
): Promise<'again' | 'settled'> {
  if (ended.state === 'closed') {
    work.settle(index, { withBudget: true, failed: false });
    return 'settled';
  }
  if (ended.state === 'unknown') {
    work.settle(index, { withBudget: true, failed: false });
    return 'again';
  }
  const outcome = outcomeOf(ended);
  const why = { code: outcome, detail: detailOf(ended) };
  const failed = { ...why, failure: true };
  const ends = work.record(index).running ? [await endedEntry(work, host, index, ended)] : [];
  if (outcome === 'ok') {
    await work.book.append(...ends, stateEntry(work, index, 'applied', { failure: false }));
    work.settle(index, { withBudget: true, failed: false });
    return 'settled';
  }
  if (outcome === 'TG_PREFLIGHT_REFUSED' && ended.state === 'done' && !ended.touched) {
    await work.book.append(...ends, stateEntry(work, index, 'untouched', { ...why, failure: false }));
    work.settle(index, { withBudget: true, failed: false });
    return 'settled';
  }
  if (ended.state === 'overdue') {
    // It runs on: the slot stays taken until it ends or a person clears the host.
    await work.book.append(stateEntry(work, index, 'quarantined', failed));
    settleOrFollow(work, index, { withBudget: true, failed: true });
    return 'settled';
  }
  // One new attempt by policy (DESIGN.md decision 1): what is lost twice in a row is looked at by a person.
  if (ended.state === 'lost' && !work.record(index).lost) {
    const attempt = work.record(index).attempt + 1;
    await work.book.append(...ends, stateEntry(work, index, 'pending', { ...why, attempt, failure: false }));
    work.settle(index, { withBudget: true, failed: false });
    return 'again';
  }
  const { failedHost, rollback } = work.planned.record.plan;
  const lost = outcome === 'TG_HOST_MOVED' || isLostBy(work, host, index, ended);
  const nothingToUndo = ended.state !== 'done' || (!ended.touched && !lost);
  if (nothingToUndo || failedHost === 'leave' || rollback === 'none') {
    await work.book.append(...ends, stateEntry(work, index, lost ? 'quarantined' : 'failed', failed));
    work.settle(index, { withBudget: true, failed: true });
    return 'settled';
  }
  return undoAfterFailure(work, host, index, { ...why, lost }, ends);
}

async function undoAfterFailure(
  work: RolloutWork,
  host: Host,
  index: number,
  { lost, ...failed }: { readonly code: string; readonly detail?: string; readonly lost: boolean },
  ends: readonly NewEntry[] = [],
): Promise<'settled'> {
  const undone = await undoOperation(work, host, index, { inProgress: true, ends });
  const why = undone.state === 'quarantined' ? undone : failed;
  // One that could not be reached is as its apply left it: a rollback tries it again when that is known.
  const asItWas = lost ? 'quarantined' : 'failed';
  const state = undone.state === 'unreachable' || undone.state === 'failed' ? asItWas : undone.state;
  await work.book.append(...undone.entries, stateEntry(work, index, state, { ...why, failure: true }));
  settleOrFollow(work, index, { withBudget: true, failed: true });
  return 'settled';
}
