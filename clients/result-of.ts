import { setInterval } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { whyStuck } from '../workers/temporal/stuck';

/** What is stuck stays so until a person does something: looking seldom is enough. */
const lookMs = 5_000;

/**
 * Waits for the result of a workflow.
 * @param signal - ends the wait.
 * @throws what the workflow throws; TG_WORKFLOW_STUCK when it does not go on, and would be waited for in vain
 */
export async function resultOf<T>(
  client: Client,
  handle: Pick<WorkflowHandle, 'workflowId'> & { result(): Promise<T> },
  signal?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const result = signal ? client.withAbortSignal(signal, () => handle.result()) : handle.result();
  try {
    return await Promise.race([result, untilStuck(client, handle.workflowId, over.signal)]);
  } finally {
    over.abort();
  }
}

async function untilStuck(client: Client, workflowId: string, over: AbortSignal): Promise<never> {
  for await (const _ of setInterval(lookMs, undefined, { signal: over })) {
    // A server that does not answer is tried again; whoever waits is told so elsewhere.
    const why = await whyStuck(client, workflowId).catch(() => undefined);
    if (why) throw why;
  }
  throw over.reason;
}
