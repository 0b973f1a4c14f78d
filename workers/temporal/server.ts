import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { TidegateError } from '../../model/errors';
import type { Home } from '../../store/home';
import { namespace } from '../../workflows/contract';
import { findTemporal } from './find';

/** Closed rollouts stay in Temporal's history for ten years; the ledger keeps them for ever. */
const retention = '3650d';
/** A cold start with a new database takes 2 s on 2 cores. */
const startLimitMs = 60_000;
/** How long the server may take to write what it has. */
const stopLimitMs = 10_000;

export interface Server {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Resolves when the server's process has ended, whoever ended it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a real Temporal server with its Web UI, a database file, and our namespace and search attributes.
 * @param given.port - of the frontend; the UI's is the next one that is free. Any free port when absent.
 * @throws TG_TEMPORAL_UNREACHABLE when it does not come up, with the end of its log's path.
 */
export async function startServer(home: Home, given: { port?: number } = {}): Promise<Server> {
  await mkdir(home.state, { recursive: true, mode: 0o700 });
  const port = given.port ?? (await freePort());
  const uiPort = await freePort();
  const log = join(home.state, 'temporal.log');
  const words = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)];
  words.push('--db-filename', home.temporalDatabase, '--log-format', 'json', '--log-level', 'warn', '--namespace', namespace);
  for (const [name, type] of searchAttributeTypes) words.push('--search-attribute', `${name}=${type}`);
  const output = openSync(log, 'a', 0o600);
  // A process group of its own: Ctrl-C in our terminal ends the worker first, then we end the server.
  const child = spawn(findTemporal(), words, { stdio: ['ignore', output, output], detached: true });
  const ended = once(child, 'exit').then(() => undefined);
  const address = `127.0.0.1:${port}`;
  const uiUrl = `http://127.0.0.1:${uiPort}`;
  await ready(child, address, log);
  await writeFile(home.temporalAddressFile, JSON.stringify({ address, uiUrl, namespace, pid: child.pid }), { mode: 0o600 });
  return {
    address,
    uiUrl,
    pid: child.pid!,
    ended,
    async stop() {
      await rm(home.temporalAddressFile, { force: true });
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await Promise.race([ended, sleep(stopLimitMs, undefined, { ref: false })]);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

const searchAttributeTypes = [
  ['TidegateFleet', 'Keyword'],
  ['TidegatePackage', 'Keyword'],
  ['TidegatePhase', 'Keyword'],
  ['TidegateFailedHosts', 'Int'],
] as const;

async function ready(child: ChildProcess, address: string, log: string): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      try {
        await connection.workflowService.updateNamespace({
          namespace,
          config: { workflowExecutionRetentionTtl: { seconds: (Number.parseInt(retention, 10) * 86_400) as never } },
        });
        return;
      } finally {
        await connection.close();
      }
    } catch {
      await sleep(150);
    }
  }
  child.kill('SIGKILL');
  throw new TidegateError('TG_TEMPORAL_UNREACHABLE', { detail: `the server did not come up on ${address}`, next: `less ${log}` });
}

/** @returns a port on which nothing listens now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  if (bound === null || typeof bound === 'string') throw new TidegateError('TG_INTERNAL', `no port in ${dirname(String(bound))}`);
  return bound.port;
}
