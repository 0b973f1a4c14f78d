import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';

/**
 * Keeps the history of a workflow and of all below it for the replay test, in the folder of test/histories that
 * TIDEGATE_SAVE_HISTORIES names: after a change to a workflow that is meant, and only then (docs/workflows.md).
 */
export async function saveHistories(client: Client, name: string, handle: WorkflowHandle): Promise<void> {
  const folder = process.env.TIDEGATE_SAVE_HISTORIES;
  if (!folder) return;
  const into = join(__dirname, '../histories', folder);
  mkdirSync(into, { recursive: true });
  const save = async (file: string, found: WorkflowHandle) =>
    writeFileSync(join(into, `${file}.json`), historyToJSON(await found.fetchHistory()));
  await save(name, handle);
  const { raw } = await handle.describe();
  const runId = raw.workflowExecutionInfo?.execution?.runId;
  const counts = new Map<string, number>();
  for await (const below of client.workflow.list({ query: `RootRunId = '${runId}'` })) {
    if (below.runId === runId) continue;
    const number = (counts.get(below.type) ?? 0) + 1;
    counts.set(below.type, number);
    await save(`${name}-${below.type}-${number}`, client.workflow.getHandle(below.workflowId, below.runId));
  }
}

/** @returns the newest workflow of a type. */
export async function newestOf(client: Client, type: string): Promise<WorkflowHandle> {
  for await (const { workflowId, runId } of client.workflow.list({ query: `WorkflowType = '${type}'` }))
    return client.workflow.getHandle(workflowId, runId);
  throw new Error(`no workflow of type ${type}`);
}
