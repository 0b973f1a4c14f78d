import { proxyActivities } from '@temporalio/workflow';

/** Stands for somebody with a worker of their own in the namespace: sends one activity to the secured worker's queue. */
export async function forged(taskQueue: string, activity: string, input: unknown): Promise<unknown> {
  const activities = proxyActivities<Record<string, (given: unknown) => Promise<unknown>>>({
    taskQueue,
    startToCloseTimeout: '1m',
    heartbeatTimeout: '8s',
    retry: { maximumAttempts: 1 },
  });
  return activities[activity]!(input);
}
