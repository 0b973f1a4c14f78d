import type { Client } from '@temporalio/client';
import type { Gate } from '../activities/gate';
import { type RolloutStatus, statusQuery, taskQueue } from '../workflows/contract';

/** A query waits until the signals before it are handled; replaying a long rollout takes a second. */
const answerLimitMs = 15_000;

/**
 * Shuts the gate of each running rollout that was asked to pause or to end while no worker ran: signals are kept,
 * but the activity that shuts the gate would have to compete with the batches that it is to stop.
 * Needs a worker that serves workflows.
 */
export async function holdWhatWasAsked(
  client: Client,
  fleet: string,
  gate: Gate,
  say: (line: string) => void,
): Promise<void> {
  const running = client.workflow.list({
    query: `WorkflowType = 'rollout' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue(fleet)}'`,
  });
  for await (const { workflowId } of running) {
    try {
      const { rollout, mayBegin, turn } = await client.withDeadline(Date.now() + answerLimitMs, () =>
        client.workflow.getHandle(workflowId).query<RolloutStatus>(statusQuery),
      );
      if (!mayBegin) await gate.close(rollout, turn);
    } catch (error) {
      say(`${workflowId} does not say whether it may go on: ${String(error)}`);
    }
  }
}
