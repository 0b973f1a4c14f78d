import type { Host } from '../../model/fleet';
import type { Ended } from './operation';
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
    log: ended.log === undefined ? undefined : await work.secured.files.put(ended.log),
  };
}

/** `ok`, or the code of what went wrong. */
export function outcomeOf(ended: Ended): string {
  switch (ended.state) {
    case 'done':
      return ended.outcome ?? 'TG_HOST_ANSWER';
    case 'lost':
      return 'TG_OPERATION_LOST';
    case 'overdue':
      return 'TG_OPERATION_OVERDUE';
    case 'refused':
      return ended.refused?.code ?? 'TG_HOST_ANSWER';
    case 'closed':
      return 'closed';
    default:
      return 'TG_HOST_ANSWER';
  }
}

export function detailOf(ended: Ended): string | undefined {
  if (ended.state === 'overdue') return ended.detail;
  if (ended.state === 'closed') return undefined;
  return ended.failed?.detail ?? ended.refused?.detail;
}

/** A host's state as it is written when its work is over, or begins again. */
export function stateEntry(
  work: RolloutWork,
  index: number,
  state: 'pending' | 'untouched' | 'applied' | 'failed' | 'quarantined' | 'rolled back',
  why: { code?: string; detail?: string },
) {
  const { attempt } = work.record(index);
  const { name } = work.planned.list[index]!;
  const failure = state !== 'applied';
  const { code, detail } = why;
  return { kind: 'state', host: name, index, state, code, detail, failure, attempt } as const;
}
