import { createHash } from 'node:crypto';
import type { OperationAction } from '../../model/ledger';

/**
 * The ID of an operation: the same for every try at the same work, so that a host does it once (decision 1).
 * @param given.attempt - counted by the ledger's record of the host, never the activity's attempt.
 * @returns 32 hexadecimal characters.
 */
export function operationId(given: {
  rollout: string;
  host: string;
  action: OperationAction;
  artifact: string;
  attempt: number;
}): string {
  const text = [given.rollout, given.host, given.action, given.artifact, given.attempt].join('\n');
  return sha256(text).slice(0, 32);
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
