import { Ranges } from '../../model/ranges';
import type { RolloutSums } from '../../workflows/contract';
import type { RolloutWork } from './work';

/** Where the hosts of a rollout are, as ranges of the frozen list; undo takes the failed ones first. */
export function sumsOf(work: RolloutWork): RolloutSums {
  const pending: number[] = [];
  const applied: number[] = [];
  const undoable: number[] = [];
  const inFlight: number[] = [];
  let owed = 0;
  let unreachable = 0;
  let quarantined = 0;
  const canUndo = work.planned.record.plan.rollback === 'required';
  for (const index of work.planned.list.keys()) {
    const record = work.record(index);
    if (record.running) inFlight.push(index);
    if (record.state === 'pending') pending.push(index);
    if (record.state === 'pending' && record.tries > 0) unreachable += 1;
    if (record.state === 'applied') applied.push(index);
    if (record.state === 'owed') owed += 1;
    if (record.state === 'quarantined') quarantined += 1;
    if (canUndo && (record.state === 'applied' || record.state === 'failed') && record.before)
      undoable.push(index);
  }
  const text = (indexes: number[]) => Ranges.of(indexes).toText();
  return {
    pending: text(pending),
    applied: text(applied),
    undoable: text(undoable),
    inFlight: text(inFlight),
    failures: work.book.record.failures(),
    owed,
    unreachable,
    quarantined,
  };
}
