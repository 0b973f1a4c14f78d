import type { Client } from '@temporalio/client';
import { namespace } from '../../workflows/contract/server';

/** What Temporal was made to remember. */
export interface Remembered {
  readonly events: number;
  readonly largestHistory: { readonly events: number; readonly workflow: string };
  readonly largestPayload: { readonly bytes: number; readonly event: string };
}

const empty: Remembered = {
  events: 0,
  largestHistory: { events: 0, workflow: '' },
  largestPayload: { bytes: 0, event: '' },
};

/** Reads the history of every run of every workflow of some types that there is. */
export async function remembered(client: Client, types: readonly string[]): Promise<Remembered> {
  let all = empty;
  const query = types.map((type) => `WorkflowType = '${type}'`).join(' OR ');
  for await (const { workflowId, runId, type } of client.workflow.list({ query })) {
    let events = 0;
    let token: Uint8Array | undefined;
    do {
      const page = await client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId, runId },
        nextPageToken: token,
      });
      for (const event of page.history?.events ?? []) {
        events += 1;
        const bytes = Math.max(0, ...payloadBytes(event));
        if (bytes > all.largestPayload.bytes)
          all = { ...all, largestPayload: { bytes, event: `${type}, event ${event.eventId}` } };
      }
      token = page.nextPageToken?.length ? page.nextPageToken : undefined;
    } while (token);
    const largestHistory =
      events > all.largestHistory.events ? { events, workflow: type } : all.largestHistory;
    all = { ...all, events: all.events + events, largestHistory };
  }
  return all;
}

/** The size of each payload (temporal.api.common.v1.Payload: metadata and data) within an event. */
function* payloadBytes(value: unknown): Generator<number> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if ('metadata' in value && 'data' in value && value.data instanceof Uint8Array) yield value.data.length;
  else for (const inner of Object.values(value)) yield* payloadBytes(inner);
}
