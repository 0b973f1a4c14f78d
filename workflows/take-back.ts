import { counted } from '../model/counted';
import { type Ill, limitOf } from '../model/procedure';
import { spent } from './carry-out';
import { onHosts, quick } from './proxies';
import type { Rollout } from './steps';
import { showFailedHosts } from './visible';

/** Hosts failed in a soak: they go back when the plan says so; then a person is waited for, or what the budget says. */
export async function takeBack(rollout: Rollout, { wave, count, undo }: Ill): Promise<void> {
  const { control, opened } = rollout;
  if (undo !== '') {
    if (!(await control.mayBegin('undo', opened.window))) return;
    const { left, stopped } = await onHosts.runBatch.executeWithOptions(
      { summary: `undo what failed in the soak: ${undo}` },
      [{ ...control.reference, action: 'undo', wave, hosts: undo, handOver: false }],
    );
    if (left !== '' && stopped === 'closed') return;
  }
  const { failures } = await quick.sums(control.reference);
  showFailedHosts(failures);
  control.take({ kind: 'taken back' });
  const stopAt = limitOf(control.course, wave);
  if (failures >= stopAt) return spent(rollout, failures, stopAt);
  control.take({ kind: 'held', why: `${counted(count, 'host')} failed a check while wave ${wave} soaked` });
}
