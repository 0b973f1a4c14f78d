import type { Client } from '@temporalio/client';

/**
 * Makes Temporal forget which worker had each running workflow last: what is next for a workflow would wait for that one
 * first (serve.ts, sticky queue), and it is dead. Each hop from a wave to its rollout would cost those seconds again.
 */
export async function unstick(client: Client, taskQueue: string): Promise<void> {
  const { namespace } = client.options;
  const running = client.workflow.list({
    query: `ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`,
  });
  for await (const { workflowId, runId } of running) {
    const execution = { workflowId, runId };
    // One that has ended meanwhile waits for nobody.
    await client.workflowService.resetStickyTaskQueue({ namespace, execution }).catch(() => undefined);
  }
}
