import { expand } from '../../model/nodeset';
import { Ranges } from '../../model/ranges';
import { canBeRetried } from '../../model/record';
import type { NewEntry } from './book';
import { stateEntry } from './entries';
import type { RolloutWork } from './work';

/**
 * Takes up what failed, was refused, is owed or was never reached: pending again, at its next attempt.
 * A host that is tried again no longer counts as a failure.
 * @param hosts - a node set; every host that qualifies when absent.
 */
export async function retry(work: RolloutWork, hosts: string | undefined): Promise<Ranges> {
  const wanted = hosts === undefined ? undefined : new Set(expand(hosts));
  const again: number[] = [];
  const entries: NewEntry[] = [];
  for (const [index, { name }] of work.planned.list.entries()) {
    if (wanted && !wanted.has(name)) continue;
    const record = work.record(index);
    if (!canBeRetried(record)) continue;
    again.push(index);
    if (record.state !== 'pending')
      entries.push(stateEntry(work, index, 'pending', { failure: false, attempt: record.attempt + 1 }));
  }
  await work.book.append(...entries);
  return Ranges.of(again);
}
