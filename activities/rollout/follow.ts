import { setTimeout as sleep } from 'node:timers/promises';
import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import type { OperationAnswer } from '../../model/host-answer';
import type { Begun } from '../../model/record';
import { deadlineOf } from '../deadline';
import { isAway } from './away';
import type { Ended } from './ended';
import { stateEntry } from './entries';
import { operate } from './remote';
import type { RolloutWork } from './work';

/** A host that cannot be reached while its operation runs is asked again after these, then every minute. */
const askAgainMs = [1_000, 2_000, 5_000, 10_000, 20_000, 60_000];

/** An operation is waited for in stretches: a connection that is silent for longer may be none any more. */
const longestWaitMs = 3_600_000;

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

/**
 * The intent is void. What the host has made void can never begin there: an apply goes on with its next attempt, and
 * the ledger says both at once, as a worker may die between two entries.
 */
export async function neverBegan(
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
