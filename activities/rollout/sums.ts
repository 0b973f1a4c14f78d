import { Ranges } from '../../model/ranges';
import { canBeTakenBack } from '../../model/record';
import type { RolloutSums } from '../../workflows/contract/rollout';
import type { RolloutWork } from './work';

/** @returns what the workflow decides by, from the ledger; hosts as ranges of the frozen list. */
export function sumsOf(work: RolloutWork): RolloutSums {
  const undoable = { failed: [] as number[], applied: [] as number[] };
  let owed = 0;
  let unreachable = 0;
  const canUndo = work.planned.record.plan.rollback === 'required';
  for (const index of work.planned.list.keys()) {
    const record = work.record(index);
    const { state, tries } = record;
    if (state === 'pending' && tries > 0) unreachable += 1;
    if (state === 'owed') owed += 1;
    if (canUndo && canBeTakenBack(record)) undoable[state === 'failed' ? state : 'applied'].push(index);
  }
  return {
    undoable: {
      failed: Ranges.of(undoable.failed).toText(),
      applied: Ranges.of(undoable.applied).toText(),
    },
    failures: work.book.record.failures(),
    owed,
    unreachable,
  };
}
