import { setTimeout as sleep } from 'node:timers/promises';
import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import type { OperationAnswer } from '../../model/host-answer';
import type { Installed, OperationAction } from '../../model/ledger';
import type { Begun } from '../../model/record';
import { deadlineOf } from '../deadline';
import { isAway } from './away';
import type { NewEntry } from './book';
import type { Ended } from './ended';
import { stateEntry } from './entries';
import { operationId, sha256 } from './identity';
import { operate } from './remote';
import type { Session } from './session';
import type { RolloutWork } from './work';

/** A host that cannot be reached while its operation runs is asked again after these, then every minute. */
const askAgainMs = [1_000, 2_000, 5_000, 10_000, 20_000, 60_000];

/** An operation is waited for in stretches: a connection that is silent for longer may be none any more. */
const longestWaitMs = 3_600_000;
const leaseAgainMs = 200;

/**
 * Begins an operation for which a slot is held: the intent is in the ledger before the host is told.
 * @returns `closed` when the gate was shut in between: nothing was sent, and the ledger says so.
 */
export async function begin(
  work: RolloutWork,
  host: Host,
  given: {
    index: number;
    action: OperationAction;
    attempt: number;
    request: string;
    before: Installed[];
    absent: string[];
    /** In which the host was looked at: the operation is begun in it. */
    session?: Session;
    wave?: number;
    /** Part of what is in progress on the host: it goes on although the gate was shut meanwhile. */
    inProgress?: boolean;
    /** Written with the begin, or not at all: what a worker that dies in between must find as if it had not been. */
    first?: readonly NewEntry[];
  },
): Promise<Ended> {
  const { secured, book, planned } = work;
  const { index, action, attempt, request } = given;
  const slot = work.slotOf(index);
  const operation = operationId({
    rollout: book.rollout,
    host: host.name,
    action,
    artifact: planned.record.artifact.digest,
    attempt,
  });
  const previous = secured.chain.last(host.name);
  const requestDigest = sha256(request);
  const { before, absent, wave } = given;
  await book.append(...(given.first ?? []), {
    kind: 'begun',
    host: host.name,
    index,
    operation,
    request: requestDigest,
    action,
    attempt,
    previous,
    before,
    absent,
    wave,
  });
  secured.chain.begin(host.name, operation);
  // A worker that was stalled until now may have been replaced: no begin of it is sent before it knows.
  while (given.inProgress && !secured.lease.fresh()) await sleep(leaseAgainMs);
  if (!given.inProgress && !(secured.lease.fresh() && secured.gate.send(slot))) {
    await neverBegan(work, host, index, operation, 'closed');
    return { state: 'closed' };
  }
  const { timeouts } = planned.record.plan;
  const endsMs = performance.now() + timeouts.operation;
  try {
    const call = {
      verb: 'BEGIN' as const,
      operation,
      request,
      requestDigest,
      previous,
      epoch: secured.epoch,
      waitMs: timeouts.operation,
      connectTimeoutMs: timeouts.connect,
      onBegun: () => secured.gate.acknowledge(slot),
    };
    const answer = given.session
      ? await given.session.begin(call)
      : await operate(secured, targetOf(host, await secured.fleet()), call);
    // The intent stays in the ledger: whichever worker is the one asks the host what became of it.
    if (answer.refused?.code === 'TG_EPOCH_STALE')
      throw secured.superseded(`${host.name}: ${answer.refused.detail}`);
    if (answer.state === 'refused' || answer.state === 'unknown')
      await neverBegan(work, host, index, operation, answer.state);
    if (answer.state !== 'running' && answer.state !== 'garbled') return answer;
    if (answer.state === 'running') return { state: 'overdue', detail: 'still running at its deadline' };
    return await follow(work, host, index, answer, endsMs);
  } catch (error) {
    if (!(error instanceof TidegateError) || isOurs(error)) throw error;
    return await follow(work, host, index, error, endsMs);
  } finally {
    secured.gate.acknowledge(slot);
  }
}

/**
 * Attaches to the operation that the ledger says was begun on a host, and stays with it until it ends, is known
 * never to have begun (`unknown`, made void), or is past its deadline.
 * @param why - what made us ask; `overdue`: its deadline is past already, and it is followed to its real end.
 * @param endsMs - its deadline on the monotonic clock, when it was begun by this process.
 */
export async function follow(
  work: RolloutWork,
  host: Host,
  index: number,
  why?: TidegateError | OperationAnswer | 'overdue',
  endsMs?: number,
): Promise<Ended> {
  const { secured, planned } = work;
  const toItsEnd = why === 'overdue';
  const running = work.record(index).running;
  if (!running) throw new TidegateError('TG_INTERNAL', `no operation in progress on ${host.name}`);
  const { timeouts } = planned.record.plan;
  const deadlineMs = toItsEnd
    ? Number.POSITIVE_INFINITY
    : (endsMs ?? deadlineOf(running.at, timeouts.operation));
  let last = why instanceof TidegateError ? `${why.code} ${why.message}` : '';
  let garbled = 0;
  for (let tries = 0; ; tries += 1) {
    // Who is overdue keeps no worker from ending.
    if (tries > 0)
      await sleep(askAgainMs[Math.min(tries, askAgainMs.length) - 1]!, undefined, { ref: !toItsEnd });
    const leftMs = Math.min(deadlineMs - performance.now(), longestWaitMs);
    if (leftMs <= 0 && tries > 0)
      return { state: 'overdue', detail: last || 'still running at its deadline' };
    try {
      const answer = await attach(work, host, running, Math.max(1_000, leftMs));
      if (answer.state === 'unknown') {
        await neverBegan(work, host, index, running.operation, answer.state);
        return answer;
      }
      // Begins wait for each other on the host: whether this one is there is not known before they are through.
      const undecided = ['TG_HOST_BUSY', 'TG_HOST_FULL'].includes(answer.refused?.code ?? '') || toItsEnd;
      if (answer.state === 'done' || answer.state === 'lost' || (answer.state === 'refused' && !undecided))
        return answer;
      // It may be going on all the same.
      if (answer.state === 'garbled' && ++garbled >= 3 && !toItsEnd)
        return { state: 'overdue', detail: 'TG_HOST_ANSWER the host answered what our shell does not print' };
      last =
        answer.refused?.detail ??
        (answer.state === 'garbled' ? 'the host answered what our shell does not print' : '');
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      // Another key, or none that lets us in: asking again would not make it ours.
      if (!isAway(error) && !toItsEnd) return { state: 'overdue', detail: `${error.code} ${error.message}` };
      last = `${error.code} ${error.message}`;
    }
    secured.gate.poke();
  }
}

/** Whether it is this worker that is wrong here, and no host: it is superseded, or cannot write its ledger. */
export function isOurs(error: unknown): boolean {
  return error instanceof TidegateError && ['TG_EPOCH_STALE', 'TG_STORE_FULL'].includes(error.code);
}

async function attach(
  work: RolloutWork,
  host: Host,
  running: Begun,
  waitMs: number,
): Promise<OperationAnswer> {
  const { secured, planned } = work;
  return operate(secured, targetOf(host, await secured.fleet()), {
    verb: 'ATTACH',
    operation: running.operation,
    request: '',
    requestDigest: running.request,
    previous: running.previous,
    epoch: secured.epoch,
    waitMs,
    connectTimeoutMs: planned.record.plan.timeouts.connect,
  });
}

/**
 * The intent is void. What the host has made void can never begin there: an apply goes on with its next attempt, and
 * the ledger says both at once, as a worker may die between two entries.
 */
async function neverBegan(
  work: RolloutWork,
  host: Host,
  index: number,
  operation: string,
  state: 'unknown' | 'refused' | 'closed',
): Promise<void> {
  const { running, until, state: isNow } = work.record(index);
  const name = host.name;
  const next =
    state === 'unknown' && running?.action === 'apply' && isNow === 'pending'
      ? [stateEntry(work, index, 'pending', { failure: false, attempt: running.attempt + 1, until })]
      : [];
  await work.book.append({ kind: 'void', host: name, index, operation }, ...next);
  if (running) work.secured.chain.void(name, operation, running.previous);
}
