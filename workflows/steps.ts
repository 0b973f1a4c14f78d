import { Ranges } from '../model/ranges';
import type { OpenedRollout, RolloutInput } from './contract/rollout';
import { onHosts, quick } from './proxies';
import type { RolloutControl } from './rollout-control';

/** What the steps of a rollout share. */
export interface Rollout {
  readonly input: RolloutInput;
  readonly opened: OpenedRollout;
  readonly control: RolloutControl;
}

export async function rehearsal({ control, opened }: Rollout): Promise<void> {
  if (!(await control.mayBegin('apply', opened.rehearsesInWindow))) return;
  await control.progress.enter('rehearsing');
  if ((await onHosts.rehearse(control.reference)) === 'done') control.take({ kind: 'rehearsed' });
}

/** Waits until somebody lets it go on, or ends it. */
export async function waitsForAPerson({ control }: Rollout): Promise<void> {
  const { heldFor } = control.course;
  if ((await control.progress.enter('paused', heldFor)) && heldFor !== undefined)
    control.progress.notify('stop', heldFor);
  await control.another('hold');
}

export async function waitsForApproval({ control }: Rollout, wave: number): Promise<void> {
  control.progress.wave = wave;
  if (await control.progress.enter('waiting for approval', `wave ${wave}`))
    control.progress.notify('gate', `wave ${wave} waits for approval`);
  await control.another('await approval');
}

/** Hosts that people want tried again are pending from here on, each in its own wave. */
export async function retries({ control }: Rollout): Promise<void> {
  const asked = control.course.retries;
  control.take({ kind: 'retries taken' });
  for (const { hosts } of asked)
    control.take({ kind: 'retried', hosts: await quick.retryHosts({ ...control.reference, hosts }) });
}

/** Owed hosts that are back, in one stretch and with one try: the next look comes anyway. */
export const isCatchingUp = ({ input }: Rollout) => input.verb === 'catch up';

/** What a catching up leaves, because it was ended, is owed as before. */
export async function oweWhatIsLeft({ control }: Rollout): Promise<void> {
  const hosts = control.course.waves.reduce((all, wave) => all.union(whatIsLeft(wave)), Ranges.none);
  if (hosts.size > 0) await quick.owe({ ...control.reference, hosts: hosts.toText() });
}

/** @returns the hosts of a wave that are not through it. */
export function whatIsLeft({ left, unreachable }: { left: string; unreachable: string }): Ranges {
  return Ranges.fromText(left).union(Ranges.fromText(unreachable));
}
