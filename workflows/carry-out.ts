import { condition, ParentClosePolicy, startChild, uuid4 } from '@temporalio/workflow';
import { counted } from '../model/counted';
import { Ranges } from '../model/ranges';
import { summaryOf } from '../model/summary';
import { type OpenedRollout, type RolloutInput, rolloutWorkflowId } from './contract';
import { quick } from './proxies';
import type { RolloutControl } from './rollout-control';
import { attributesOf, showFailedHosts } from './visible';
import { stopWave, wave } from './wave';

/** What the parts of a rollout's workflow share. */
export interface Rollout {
  readonly input: RolloutInput;
  readonly opened: OpenedRollout;
  readonly control: RolloutControl;
}

export const referenceOf = ({ input: { fleet, rollout, plan } }: Rollout) => ({ fleet, rollout, plan });

/** Carries hosts of the current wave through, and whatever people want tried again meanwhile; stops where it must. */
export async function carryOut(rollout: Rollout, hosts: Ranges): Promise<void> {
  const { control } = rollout;
  let left = hosts;
  while (left.size > 0 && !control.ending) {
    left = await carryOutWave(rollout, left);
    await control.whileHeld();
    left = left.union(await takeRetries(rollout));
  }
}

/** Hosts that people want tried again: pending from here on. */
export async function takeRetries(rollout: Rollout): Promise<Ranges> {
  const { control } = rollout;
  let again = Ranges.fromText('');
  for (let asked = control.takeRetry(); asked; asked = control.takeRetry()) {
    const { hosts } = asked;
    const taken = await quick.retryHosts({ ...referenceOf(rollout), hosts, wave: control.wave });
    again = again.union(Ranges.fromText(taken));
  }
  return again;
}

/** The budget is spent: what the plan says then. */
export async function spent(rollout: Rollout, failures: number): Promise<void> {
  const { control, opened } = rollout;
  const next = opened.whenSpent;
  const stopAt = control.limit;
  await quick.budgetSpent({ ...referenceOf(rollout), failures, stopAt, next });
  const why = `the failure budget is spent (${failures} of ${stopAt})`;
  if (next === 'pause') {
    control.heldFor = why;
    return;
  }
  control.notify('stop', `${why}; then ${next}`);
  control.ending ??= next;
}

/** @returns the hosts that are left because the wave was stopped. */
export async function carryOutWave(rollout: Rollout, hosts: Ranges): Promise<Ranges> {
  const { control, opened } = rollout;
  await control.whenAllowed('apply', opened.window);
  if (control.ending) return hosts;
  await control.enter('wave');
  control.say(`Wave ${control.wave} of ${opened.waves.length}: ${counted(hosts.size, 'host')}.`);
  const child = await startChild(wave, {
    args: [
      {
        ...referenceOf(rollout),
        wave: control.wave,
        hosts: hosts.toText(),
        stopAt: control.limit,
        tries: opened.unreachable.tries,
        tryEveryMs: opened.unreachable.everyMs,
        names: opened.waves[control.wave - 1]?.names ?? {},
      },
    ],
    workflowId: waveId(rollout),
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    typedSearchAttributes: attributesOf(rollout.input.fleet, opened.package, 'wave'),
    staticSummary: summaryOf(
      `${opened.package} ${opened.version}: wave ${control.wave} of ${opened.waves.length}, ${counted(hosts.size, 'host')}`,
    ),
    staticDetails: `Stops at failure ${control.limit} of the whole rollout. Each batch below names its hosts.`,
  });
  let over = false;
  void condition(() => over || control.ending !== undefined || control.mustWait()).then(() =>
    over ? undefined : child.signal(stopWave).catch(() => undefined),
  );
  const result = await child.result();
  over = true;
  if (result.stopped === 'budget') await spent(rollout, result.failures);
  const { unreachable, owed, failures } = await quick.sums(referenceOf(rollout));
  showFailedHosts(failures);
  if (unreachable + owed > opened.unreachable.pauseOverHosts && !control.ending)
    control.heldFor ??= `${unreachable + owed} hosts cannot be reached`;
  return Ranges.fromText(result.left);
}

/** Readable, and never that of a wave which a rollout that was ended from outside has left behind. */
function waveId({ input, opened, control }: Rollout): string {
  return `${rolloutWorkflowId(input.fleet, opened.package)}/wave-${control.wave}/${uuid4().slice(0, 8)}`;
}
