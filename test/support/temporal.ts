import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { type Home, homeAt } from '../../store/home';
import { connectTemporal, type TemporalClient } from '../../workers/temporal/connection';
import { type Server, startServer } from '../../workers/temporal/server';
import { saveHistories } from './histories';

/** A home in a folder of its own. `remove` takes it away. */
export function temporaryHome(): { home: Home; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-home-'));
  const home = homeAt(folder);
  mkdirSync(home.state, { mode: 0o700 });
  return { home, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A real Temporal server with its own database and ports, and a client of it; one for each test file. */
export interface TestTemporal extends TemporalClient {
  readonly home: Home;
  readonly server: Server;
  stop(): Promise<void>;
}

/** Starts one. Environment variables that point elsewhere are the caller's to unset. */
export async function startTestTemporal(): Promise<TestTemporal> {
  const { home, remove } = temporaryHome();
  const server = await startServer(home);
  const found = await connectTemporal(home);
  return {
    ...found,
    home,
    server,
    async stop() {
      await saveHistories(found.client);
      await found.connection.close();
      await server.stop();
      remove();
    },
  };
}

/** @returns the newest workflow of a type. */
export async function newestOf(client: Client, type: string): Promise<WorkflowHandle> {
  for await (const { workflowId, runId } of client.workflow.list({ query: `WorkflowType = '${type}'` }))
    return client.workflow.getHandle(workflowId, runId);
  throw new Error(`no workflow of type ${type}`);
}
