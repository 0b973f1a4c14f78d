import { endedEntry } from './entries';
import { follow } from './follow';
import type { RolloutWork } from './work';

/** Follows what a worker before us found overdue; whatever else is in progress is a batch's concern. */
export function followAllOverdue(work: RolloutWork): void {
  for (const index of work.book.record.inFlight())
    if (work.record(index).state === 'quarantined') followOverdue(work, index);
}

/** Gives back the slot of a host that is through; one that is overdue keeps it, and is followed. */
export function settleOrFollow(
  work: RolloutWork,
  index: number,
  given: { withBudget: boolean; failed: boolean },
): void {
  const { state, running } = work.record(index);
  const overdue = state === 'quarantined' && running !== undefined;
  work.settle(index, { ...given, keepSlot: overdue });
  if (overdue) followOverdue(work, index);
}

/**
 * An operation past its deadline has its slot until it ends (DESIGN.md decision 1): it is followed to its real end,
 * which is written. The host stays quarantined.
 */
function followOverdue(work: RolloutWork, index: number): void {
  const toItsEnd = async () => {
    const host = work.planned.hostNamed(work.record(index).name);
    const operation = work.record(index).running?.operation;
    if (!host || !operation) return;
    const ended = await follow(work, host, index, 'overdue');
    if (work.record(index).running?.operation === operation)
      await work.book.append(await endedEntry(work, host, index, ended));
    work.free(index);
  };
  // A worker that ends closes its ledger and its connections; the next one follows again.
  toItsEnd().catch(() => undefined);
}
