import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { counted } from '../model/counted';
import { summaryOf } from '../model/summary';
import { owedWorkflowId } from './contract/owed';
import { owed } from './owed';
import { quick } from './proxies';
import type { Rollout } from './steps';

/** Hosts that a rollout leaves owed are looked after by a workflow of their own, and the rollout ends. */
export async function leaveOwed(rollout: Rollout): Promise<void> {
  const { fleet, rollout: id } = rollout.input;
  const { package: name, version, unreachable } = rollout.opened;
  const hosts = await quick.countOwed(rollout.control.reference);
  if (hosts === 0) return;
  try {
    await startChild(owed, {
      workflowId: owedWorkflowId(fleet, name, id),
      args: [{ ...rollout.control.reference, package: name, version, everyMs: unreachable.everyMs }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      memo: { rollout: id },
      staticSummary: summaryOf(`${name} ${version}: ${counted(hosts, 'owed host')}`),
    });
  } catch (error) {
    // One that runs already looks after these too.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
