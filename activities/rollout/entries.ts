import type { Host } from '../../model/fleet';
import type { OperationAnswer } from '../../model/host-answer';
import type { HostState } from '../../model/states';
import { wholeOf } from '../../model/whole';
import { type Ended, outcomeOf } from './ended';
import type { RolloutWork } from './work';

/** The ledger entry that ends an operation, and the log's digest when something went wrong. */
export async function endedEntry(work: RolloutWork, host: Host, index: number, ended: Ended) {
  const operation = work.record(index).running?.operation ?? '';
  const entry = { kind: 'ended', host: host.name, index, operation, outcome: outcomeOf(ended) } as const;
  if (ended.state === 'closed' || ended.state === 'overdue') return entry;
  return {
    ...entry,
    detail: ended.failed?.detail,
    beganAt: ended.beganAt,
    endedAt: ended.endedAt,
    restarts: [...ended.restarts],
    configs: [...ended.configs],
    lost: isLostBy(work, host, index, ended),
    log: ended.log === undefined ? undefined : await work.secured.files.put(ended.log),
  };
}

/** Whether nobody knows what a host has, now that its operation has ended; by what has not touched it, nothing changes. */
export function isLostBy(work: RolloutWork, host: Host, index: number, ended: OperationAnswer): boolean {
  const { lost, before } = work.record(index);
  if (ended.state === 'lost') return true;
  if (ended.outcome === 'ok') return false;
  if (!ended.touched) return lost;
  return wholeOf(ended.left, { rpms: work.planned.rpms(host.platform), before }) === undefined;
}

/**
 * The ledger entry of a host's state.
 * @param given.failure - whether it spends the budget. @param given.attempt - of its record when absent.
 */
export function stateEntry(
  work: RolloutWork,
  index: number,
  state: HostState,
  given: { failure: boolean; code?: string; detail?: string; attempt?: number; until?: string },
) {
  const { name: host, attempt: now } = work.record(index);
  const { failure, code, detail, attempt = now, until } = given;
  return { kind: 'state', host, index, state, code, detail, failure, attempt, until } as const;
}
