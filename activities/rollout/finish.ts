import { canBeTakenBack, wasRefused } from '../../model/record';
import type { RolloutResult } from '../../workflows/contract/rollout';
import { stateEntry } from './entries';
import type { RolloutWork } from './work';

/**
 * Writes the end of a rollout, and what it came to. A host that was lost, and is not to be tried again now, is
 * quarantined: nobody knows what it has, and who takes the rollout up must look at it first.
 * @param how.failed - what stopped the workflow
 */
export async function finish(
  work: RolloutWork,
  how: { readonly aborted: boolean; readonly rolledBack?: boolean; readonly failed?: string },
): Promise<RolloutResult['result']> {
  const { record } = work.book;
  const lost = [...record.hosts]
    .filter(([index, host]) => index >= 0 && host.state === 'pending' && host.lost && !host.running)
    .map(([index]) =>
      stateEntry(work, index, 'quarantined', {
        code: 'TG_OPERATION_LOST',
        detail: 'the rollout ended before it was tried again',
        failure: true,
      }),
    );
  await work.book.append(...lost);
  const result = resultOf(work, how);
  await work.book.append({ kind: 'ended rollout', result, detail: how.failed });
  return result;
}

function resultOf(
  { book: { record } }: RolloutWork,
  { aborted, rolledBack, failed }: Parameters<typeof finish>[1],
): RolloutResult['result'] {
  if (failed) return 'failed';
  if (rolledBack) {
    const notTakenBack = [...record.hosts].some(
      ([index, host]) => index >= 0 && (host.state === 'quarantined' || canBeTakenBack(host)),
    );
    return notTakenBack ? 'incomplete' : 'rolled back';
  }
  if (aborted) return 'aborted';
  const counts = record.counts();
  const refused = [...record.hosts.values()].filter(wasRefused).length;
  const notDone = counts.pending + counts.owed + counts.failed + counts.quarantined + refused;
  return notDone + counts['rolled back'] > 0 ? 'incomplete' : 'done';
}
