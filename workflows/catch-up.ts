import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { counted } from '../model/counted';
import { Ranges } from '../model/ranges';
import { summaryOf } from '../model/summary';
import { carryOutWave, type Rollout, referenceOf, takeRetries } from './carry-out';
import { owedWorkflowId } from './contract';
import { owed } from './owed';
import { quick } from './proxies';

/** One try: the next look comes anyway. A budget that is spent days later ends the catching up, and takes nothing back. */
const whileCatchingUp = {
  whenSpent: 'pause',
  unreachable: { tries: 1, everyMs: 0, pauseOverHosts: Number.MAX_SAFE_INTEGER },
} as const;

/**
 * Owed hosts that are back, in one stretch. Nobody is waited for but a person who paused it: what is left because the
 * budget is spent, or because a host is gone again, is owed as before.
 */
export async function catchUp(rollout: Rollout): Promise<void> {
  const { control } = rollout;
  const opened = { ...rollout.opened, ...whileCatchingUp };
  control.wave = opened.waves.length;
  let hosts = opened.waves.reduce((all, wave) => all.union(Ranges.fromText(wave.hosts)), Ranges.none);
  while (hosts.size > 0 && !control.ending) {
    const left = await carryOutWave({ ...rollout, opened }, hosts);
    control.heldFor = undefined;
    const again = await takeRetries(rollout);
    hosts = left.union(again);
    if (again.size === 0 && !control.paused) break;
  }
  if (hosts.size > 0) await quick.owe({ ...referenceOf(rollout), hosts: hosts.toText() });
}

/** Hosts that a rollout leaves owed are looked after by a workflow of their own, and the rollout ends. */
export async function leaveOwed(rollout: Rollout): Promise<void> {
  const { fleet, rollout: id } = rollout.input;
  const { package: name, version, unreachable } = rollout.opened;
  const hosts = await quick.countOwed(referenceOf(rollout));
  if (hosts === 0) return;
  try {
    await startChild(owed, {
      workflowId: owedWorkflowId(fleet, name, id),
      args: [{ ...referenceOf(rollout), package: name, version, everyMs: unreachable.everyMs }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      memo: { rollout: id },
      staticSummary: summaryOf(`${name} ${version}: ${counted(hosts, 'owed host')}`),
    });
  } catch (error) {
    // One that runs already looks after these too.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
