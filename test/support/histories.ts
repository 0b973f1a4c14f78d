import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';

/** Where histories of releases are, a folder for each (docs/workflows.md). */
export const historiesFolder = join(__dirname, '../histories');

/** As much of a saved history as tests look at. */
export interface SavedHistory {
  readonly events: readonly SavedEvent[];
}

interface SavedEvent {
  readonly eventType: string;
  readonly workflowExecutionStartedEventAttributes?: {
    readonly workflowType: { readonly name: string };
    readonly continuedExecutionRunId?: string;
    readonly input?: { readonly payloads: readonly { readonly data: string }[] };
  };
  readonly workflowExecutionSignaledEventAttributes?: { readonly signalName: string };
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { readonly name: string } };
  readonly startChildWorkflowExecutionInitiatedEventAttributes?: {
    readonly workflowType: { readonly name: string };
  };
}

/**
 * Keeps the histories of all workflows that a test file's server has seen, one of each course, for the replay test: in
 * the folder of test/histories that TIDEGATE_SAVE_HISTORIES names, and only when it does (docs/workflows.md).
 */
export async function saveHistories(client: Client): Promise<void> {
  const release = process.env.TIDEGATE_SAVE_HISTORIES;
  if (!release) return;
  const folder = join(historiesFolder, release);
  mkdirSync(folder, { recursive: true });
  const known = new Set(savedHistories(release).map((file) => courseOf(readHistory(release, file))));
  const testFile = basename(expect.getState().testPath ?? 'tests', '.test.ts');
  for await (const { workflowId, runId, type } of client.workflow.list()) {
    const fetched = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    // Stacks of failures name files: where the checkout lies is nobody's business.
    const history: SavedHistory = JSON.parse(historyToJSON(fetched).replaceAll(process.cwd(), ''));
    const course = courseOf(history);
    if (known.has(course)) continue;
    known.add(course);
    for (let number = 1; ; number += 1) {
      const file = join(folder, `${testFile}-${type}-${number}.json`);
      if (existsSync(file)) continue;
      // One event a line.
      writeFileSync(
        file,
        `{"events":[\n${history.events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`,
      );
      break;
    }
  }
}

/** @returns the histories of a release, or of all; books lie beside them. */
export function savedHistories(release = '.'): string[] {
  const names = readdirSync(join(historiesFolder, release), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.json') && !name.includes('books/')).sort();
}

export function readHistory(release: string, file: string): SavedHistory {
  return JSON.parse(readFileSync(join(historiesFolder, release, file), 'utf8'));
}

/** What tells one history from another for who replays them: what was decided, and what came in between. */
function courseOf({ events }: SavedHistory): string {
  const names = events
    .filter(({ eventType }) => !eventType.includes('WORKFLOW_TASK'))
    .map((event) => [
      event.eventType,
      event.activityTaskScheduledEventAttributes?.activityType.name,
      event.workflowExecutionSignaledEventAttributes?.signalName,
      event.workflowExecutionStartedEventAttributes?.workflowType.name,
    ]);
  return JSON.stringify(names);
}
