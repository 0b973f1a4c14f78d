import type { Client } from '@temporalio/client';
import { TidegateError } from '../../model/errors';

/** What came in since the last decision (signals, ends of activities) is few: nothing is decided meanwhile. */
const eventsLookedThrough = 200;

/**
 * What keeps a workflow, or one below it, from going on although a worker serves it: its code cannot decide what comes
 * next, which Temporal asks again and again, for ever and in silence.
 * @returns TG_WORKFLOW_STUCK to be shown; undefined when it goes on
 */
export async function whyStuck(client: Client, workflowId: string): Promise<TidegateError | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const failure = (raw.pendingWorkflowTask?.attempt ?? 0) > 1 && (await lastFailure(client, workflowId));
  if (failure) return stuck(workflowId, failure);
  for (const { workflowId: below } of raw.pendingChildren ?? []) {
    const found = below ? await whyStuck(client, below) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** @returns why a query was not answered: TG_WORKFLOW_STUCK, when that is why; else what was thrown */
export async function whyUnanswered(client: Client, workflowId: string, thrown: unknown): Promise<unknown> {
  const said = String(thrown);
  if (doesNotFit(said)) return stuck(workflowId, said);
  return (await whyStuck(client, workflowId).catch(() => undefined)) ?? thrown;
}

function stuck(workflowId: string, message: string): TidegateError {
  const why = doesNotFit(message)
    ? 'it was begun by another release, and the one that runs now decides otherwise'
    : 'its code fails in the release that runs now';
  return new TidegateError('TG_WORKFLOW_STUCK', `${workflowId}: ${why} (${message})`);
}

/** SDKs mark so what workflow code decides otherwise than the history has it. */
const doesNotFit = (message: string) => message.includes('TMPRL1100');

/** @returns how the last decision failed; undefined when it was made. Only the first of the tries is in the history. */
async function lastFailure(client: Client, workflowId: string): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: eventsLookedThrough,
  });
  for (const event of history?.events ?? []) {
    if (event.workflowTaskCompletedEventAttributes) return undefined;
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed) return failed.failure?.message ?? String(failed.cause);
  }
  return undefined;
}
