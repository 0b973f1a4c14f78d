import type { BatchInput } from '../../workflows/contract/wave';
import { isOurs } from './away';
import { stateEntry } from './entries';
import { settleOrFollow } from './overdue';
import type { RolloutWork } from './work';

/**
 * What went wrong in us while we were at one host, a file of the store that is gone, say, fails that host and no other:
 * if it is wrong for all, the budget stops the rollout. What has begun, or is half-way, is quarantined.
 * @throws the error itself when it is the worker that is superseded, or when the ledger cannot be written.
 */
export async function failByDefect(
  work: RolloutWork,
  index: number,
  action: BatchInput['action'],
  error: unknown,
): Promise<void> {
  if (isOurs(error)) throw error;
  // It takes its place in the budget like any failure; when there is none left, the host stays as it is.
  if ((await work.acquire(index, action)) === 'closed') return;
  const { running, lost } = work.record(index);
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, 500);
  const why = { code: 'TG_INTERNAL', detail, failure: true };
  await work.book.append(stateEntry(work, index, running || lost ? 'quarantined' : 'failed', why));
  settleOrFollow(work, index, { withBudget: action === 'apply', failed: true });
}
