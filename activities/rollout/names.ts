import type { PlannedHost } from '../../model/plan-record';
import type { Ranges } from '../../model/ranges';
import { hostsWithin, summaryBytes } from '../../model/summary';
import { batchHosts } from '../../workflows/contract/wave';

/** Leaves room, in a summary, for what is said beside the names. */
const namesBytes = summaryBytes - 40;

/** @returns the hosts as people read them in a summary of the Temporal UI. */
export function nameOf(list: readonly PlannedHost[], hosts: Ranges): string {
  return hostsWithin(
    [...hosts].map((index) => list[index]!.name),
    namesBytes,
  );
}

/** @returns ranges → name, of each batch that a wave begins with when nothing comes between. */
export function namesOfBatches(list: readonly PlannedHost[], hosts: Ranges): Record<string, string> {
  const names: Record<string, string> = {};
  for (let left = hosts; left.size > 0; ) {
    const batch = left.first(batchHosts);
    const ranges = batch.toText();
    // Scattered hosts make long ranges: such batches ask for their name when they begin.
    if (ranges.length <= summaryBytes) names[ranges] = nameOf(list, batch);
    left = left.subtract(batch);
  }
  return names;
}
