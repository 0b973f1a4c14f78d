import { setTimeout as sleep } from 'node:timers/promises';
import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import type { Installed, OperationAction } from '../../model/ledger';
import { isOurs } from './away';
import type { NewEntry } from './book';
import type { Ended } from './ended';
import { follow, neverBegan } from './follow';
import { operationId, sha256 } from './identity';
import { operate } from './remote';
import type { Session } from './session';
import type { RolloutWork } from './work';

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
