import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import { canBeTakenBack } from '../../model/record';
import { requestText } from '../../model/request';
import { isAway, isOurs } from './away';
import { begin } from './begin';
import type { NewEntry } from './book';
import { detailOf, type Ended, outcomeOf } from './ended';
import { endedEntry, stateEntry } from './entries';
import { follow } from './follow';
import { heldBy, leaveAsItIs } from './look';
import { settleOrFollow } from './overdue';
import { Session } from './session';
import type { RolloutWork } from './work';

/** A lost undo, or one that never arrived, is tried again this often before the host is quarantined. */
const undoTries = 3;

type Undone =
  | {
      readonly state: 'rolled back';
      /** The packages are as before, and something else is not. */
      readonly code?: string;
      readonly detail?: string;
      readonly entries: NewEntry[];
    }
  | {
      /** Not begun, because it may not be, or the host could not be reached; or nobody knows what the host has. */
      readonly state: 'failed' | 'unreachable' | 'quarantined';
      readonly code: string;
      readonly detail: string;
      readonly entries: NewEntry[];
    };

/**
 * Takes one host back: caps hold, the budget does not (decision 13). A host that cannot be reached before anything has
 * begun is as it was, and is tried again by whoever asked; whatever else fails quarantines it.
 */
export async function undo(work: RolloutWork, index: number): Promise<void> {
  const record = work.record(index);
  const host = work.planned.hostAt(index);
  if (!canBeTakenBack(record)) return;
  if (!host) {
    // What runs there runs on, and nobody can be asked about it.
    if (record.running) await leaveAsItIs(work, index, { code: 'removed' });
    return;
  }
  if ((await work.acquire(index, 'undo')) === 'closed') return;
  if (!(await applyIsOver(work, host, index))) return;
  const held = record.running ? undefined : await heldBy(work, host);
  if (held) return notBegun(work, host, index, `${held.code}: ${held.detail}`);
  const { failure: hadFailed, attempt } = record;
  const elsewhere = work.secured.quarantine.of(host.name);
  // Cleared, it is cleared here too, and is then what it has.
  const undone: Undone = elsewhere
    ? { state: 'quarantined', ...elsewhere, entries: [] }
    : await undoOperation(work, host, index, { inProgress: false });
  if (undone.state === 'unreachable') {
    await work.book.append(...undone.entries);
    return notBegun(work, host, index, `${undone.code}  ${undone.detail}`);
  }
  if (undone.state !== 'failed') {
    const { code = record.code, detail = record.detail } = undone;
    const failure = hadFailed || undone.code !== undefined;
    await work.book.append(
      ...undone.entries,
      stateEntry(work, index, undone.state, { code, detail, failure, attempt }),
    );
  }
  settleOrFollow(work, index, { withBudget: false, failed: false });
}

/** The host is as it was: whoever asked tries it again, as one that cannot be reached. */
async function notBegun(work: RolloutWork, host: Host, index: number, why: string): Promise<void> {
  await work.book.append({ kind: 'note', detail: `undo of ${host.name} not begun: ${why}` });
  work.unreached.add(index);
  work.settle(index, { withBudget: false, failed: false });
}

/**
 * Follows an apply that nobody waits for any more, of a rollout whose workflow was ended from outside, to its end.
 * @returns false when the host cannot be taken back then.
 */
async function applyIsOver(work: RolloutWork, host: Host, index: number): Promise<boolean> {
  if (work.record(index).running?.action !== 'apply') return true;
  const ended = await follow(work, host, index);
  if (ended.state === 'overdue') {
    const why = { code: outcomeOf(ended), detail: ended.detail, failure: true };
    await work.book.append(stateEntry(work, index, 'quarantined', why));
  } else if (work.record(index).running) await work.book.append(await endedEntry(work, host, index, ended));
  if (canBeTakenBack(work.record(index))) return true;
  settleOrFollow(work, index, { withBudget: false, failed: false });
  return false;
}

/**
 * The undo of one host's apply, with the slot that is held for it.
 * @param given.inProgress - it belongs to an apply that failed just now, and is not kept back by a pause.
 * @param given.ends - the end of the apply. It is written with the begin of the undo, so that a worker that dies before
 * that leaves an apply whose end is still to be seen, and not a host with the patch that nobody takes back.
 */
export async function undoOperation(
  work: RolloutWork,
  host: Host,
  index: number,
  given: { inProgress: boolean; ends?: readonly NewEntry[] },
): Promise<Undone> {
  let unwritten = [...(given.ends ?? [])];
  const { secured, planned } = work;
  const { before } = work.record(index);
  if (!before)
    return {
      state: 'failed',
      code: 'TG_UNDO_MISSING',
      detail: 'nothing is recorded to go back to',
      entries: unwritten,
    };
  let ended: Ended | undefined =
    work.record(index).running?.action === 'undo' ? await follow(work, host, index) : undefined;
  try {
    const rpms = planned.undoRpms(host.platform, before.installed);
    for (
      let tries = 0;
      tries < undoTries && (!ended || ended.state === 'unknown' || ended.state === 'lost');
      tries += 1
    ) {
      if (ended?.state === 'lost') await work.book.append(await endedEntry(work, host, index, ended));
      const session = new Session(secured, targetOf(host, await secured.fleet()), {
        rpms,
        names: [...before.installed.map(({ name }) => name), ...before.absent],
        mode: 'keep',
        silentMs: planned.record.plan.timeouts.preflight,
        connectTimeoutMs: planned.record.plan.timeouts.connect,
      });
      const answer = await session.answer;
      if (answer.refused) return { state: 'quarantined', ...answer.refused, entries: unwritten };
      const request = requestText(
        { install: rpms, erase: before.absent, oldPackage: true, replacePackages: true },
        {
          before: [],
          after: [],
          checks: [],
          restart: planned.record.plan.restart,
          timeouts: planned.record.plan.timeouts,
        },
      );
      // Each begin of an undo has an ID of its own: the one before may be void on the host.
      const attempt = work.record(index).attempt + work.record(index).undos * 1000;
      const written = unwritten;
      unwritten = [];
      ended = await begin(work, host, {
        index,
        action: 'undo',
        attempt,
        request,
        before: [],
        absent: [],
        first: written,
        session,
        inProgress: given.inProgress,
      });
      void session.leave();
    }
  } catch (error) {
    if (!(error instanceof TidegateError) || isOurs(error)) throw error;
    // The end of the apply may not be written yet; an undo that has begun, or was lost, may have changed the host.
    const isAsBefore = work.record(index).running?.action !== 'undo' && ended?.state !== 'lost';
    const state = !isAsBefore ? 'quarantined' : isAway(error) ? 'unreachable' : 'failed';
    return { state, code: error.code, detail: error.message, entries: unwritten };
  }
  if (!ended || ended.state === 'closed')
    return {
      state: 'failed',
      code: 'TG_UNDO_FAILED',
      detail: 'not undone: the rollout was paused',
      entries: unwritten,
    };
  const entries =
    work.record(index).running && ended.state !== 'overdue'
      ? [await endedEntry(work, host, index, ended)]
      : [];
  if (ended.state === 'unknown' && !work.record(index).running)
    return { state: 'unreachable', code: 'TG_HOST_UNREACHABLE', detail: 'no begin arrived', entries };
  const outcome = outcomeOf(ended);
  if (outcome === 'ok') return { state: 'rolled back', entries };
  // Units are restarted after the packages were verified: what the host has is known.
  if (outcome === 'TG_RESTART_FAILED')
    return {
      state: 'rolled back',
      code: outcome,
      detail: `after the undo: ${detailOf(ended) ?? ''}`,
      entries,
    };
  return {
    state: 'quarantined',
    code: 'TG_UNDO_FAILED',
    detail: `${outcome} ${detailOf(ended) ?? ''}`,
    entries,
  };
}
