import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type Gate, neverAsked } from '../activities/gate';
import { TidegateError } from '../model/errors';
import { type RolloutStatus, statusQuery } from '../workflows/contract/rollout';
import type { RunStatus } from '../workflows/contract/run';
import { taskQueue } from '../workflows/contract/server';
import { whyUnanswered } from './temporal/stuck';

/** A query waits until the signals before it are handled; replaying a long rollout takes a second. */
const answerLimitMs = 15_000;
/** Each time all of its history is replayed, and one that is stuck says so in the log of the SDK. */
const askAgainMs = 5_000;

/** What has a gate, and whether it may begin operations as far as its workflow knows. */
interface Status {
  readonly holder: string;
  readonly mayBegin: boolean;
  readonly turn: number;
}

/**
 * Shuts the gate of each running rollout and run that was asked to pause or to end while no worker ran: signals are
 * kept, but the activity that shuts the gate would have to compete with the batches that it is to stop. One that does
 * not answer is held too, until it does. Needs a worker that serves workflows.
 * @param signal - ends the asking of those that have not answered.
 */
export async function holdWhatWasAsked(
  client: Client,
  fleet: string,
  gate: Gate,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const running = client.workflow.list({
    query: `WorkflowType IN ('rollout', 'run') AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue(fleet)}'`,
  });
  for await (const { workflowId } of running) {
    try {
      const { holder, mayBegin, turn } = await statusOf(client, workflowId);
      if (!mayBegin) await gate.close(holder, turn);
    } catch (error) {
      const why = await whyUnanswered(client, workflowId, error);
      const told =
        why instanceof TidegateError ? `${why.code} ${why.message}. Next: ${why.next}` : String(why);
      say(`${workflowId} does not say whether it may go on; it is held until it does: ${told}`);
      const holder = await holderOf(client, workflowId);
      await gate.close(holder, neverAsked);
      void openWhenAnswered(client, workflowId, gate, signal);
    }
  }
}

/** An opening that a pause overtakes opens nothing: it has an older turn. */
async function openWhenAnswered(
  client: Client,
  workflowId: string,
  gate: Gate,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const status = await statusOf(client, workflowId).catch(() => undefined);
    if (status?.mayBegin) gate.open(status.holder, status.turn);
    else if (status) await gate.close(status.holder, status.turn);
    if (status) return;
    await sleep(askAgainMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function statusOf(client: Client, workflowId: string): Promise<Status> {
  const status = await client.withDeadline(Date.now() + answerLimitMs, () =>
    client.workflow.getHandle(workflowId).query<RolloutStatus | RunStatus>(statusQuery),
  );
  return 'run' in status ? { ...status, holder: status.run, turn: 0 } : { ...status, holder: status.rollout };
}

/** From what it was started with: the workflow itself says nothing. */
async function holderOf(client: Client, workflowId: string): Promise<string> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: 1,
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  const data = started?.input?.payloads?.[0]?.data ?? Buffer.from('{}');
  const { rollout, run } = JSON.parse(Buffer.from(data).toString());
  return rollout ?? run ?? '';
}
