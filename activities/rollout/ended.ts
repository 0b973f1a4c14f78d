import type { OperationAnswer } from '../../model/host-answer';

/** What came of an operation; `overdue` and `closed` are ours, the rest is the host's own word. */
export type Ended =
  | OperationAnswer
  | { readonly state: 'overdue'; readonly detail: string }
  | { readonly state: 'closed' };

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
