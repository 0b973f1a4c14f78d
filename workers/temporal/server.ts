import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { TidegateError } from '../../model/errors';
import type { Home } from '../../store/home';
import { namespace } from '../../workflows/contract/server';
import { findTemporal } from './find';
import { endLeftBehind } from './left-behind';
import { keepClosedWorkflows, searchAttributeFlags } from './namespace';
import { freePorts, type Ports } from './ports';

/** A start with a new database took 0.4 s on 2 idle cores; the rest is for a large database and busy cores. */
const startLimitMs = 60_000;
const startPollMs = 100;
/** Others may take a free port before the server does; then it ends at once, and is started on other ports. */
const startAttempts = 3;
/** A stop takes 1.5 s; the database survives a kill (tried), so waiting longer gains nothing. */
const stopLimitMs = 10_000;

/** A Temporal server of ours while it runs. */
export interface Server {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Resolves when the server's process has ended, whoever ended it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a real Temporal server with its Web UI, a database file, and our namespace and search attributes, and
 * writes where it is into the home. A server that a killed `tidegate up` left on the same database is ended first.
 * @param given - ports of the frontend and of the UI; any free ones when absent
 * @throws TG_TEMPORAL_MISSING; TG_TEMPORAL_START when it does not come up, with the path of its log
 */
export async function startServer(home: Home, given: Partial<Ports> = {}): Promise<Server> {
  const program = await findTemporal();
  mkdirSync(home.state, { recursive: true, mode: 0o700 });
  await endLeftBehind(home);
  for (let attempt = 1; ; attempt++) {
    const [port, uiPort] = await freePorts(2);
    const server = await startOn(
      { port: given.port ?? port!, uiPort: given.uiPort ?? uiPort! },
      home,
      program,
    );
    if (server) return server;
    if (attempt === startAttempts || given.port !== undefined)
      throw new TidegateError('TG_TEMPORAL_START', {
        detail: `the server ended at once${given.port === undefined ? '' : ` (asked to listen on port ${given.port})`}`,
        next: `tail ${logFile(home)}`,
      });
  }
}

/** Its own log; its address file says where to look for the rest. */
export function logFile(home: Home): string {
  return join(home.state, 'temporal.log');
}

/** @returns undefined when the server's process ended before it answered. */
async function startOn(ports: Ports, home: Home, program: string): Promise<Server | undefined> {
  const log = openSync(logFile(home), 'a', 0o600);
  // A process group of its own: Ctrl-C in our terminal ends the worker first, then we end the server.
  const child = spawn(program, commandLine(ports, home), { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  await once(child, 'spawn');
  const ended = once(child, 'exit').then(() => undefined);
  const address = `127.0.0.1:${ports.port}`;
  const uiUrl = `http://127.0.0.1:${ports.uiPort}`;
  if (!(await comesUp(child, address, home))) return undefined;
  const pid = child.pid!;
  await writeFile(home.temporalAddressFile, JSON.stringify({ address, uiUrl, namespace, pid }), {
    mode: 0o600,
  });
  return {
    address,
    uiUrl,
    pid,
    ended,
    async stop() {
      await rm(home.temporalAddressFile, { force: true });
      await end(child, ended);
    },
  };
}

function commandLine({ port, uiPort }: Ports, home: Home): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    ...['--db-filename', home.temporalDatabase, '--log-format', 'json', '--log-level', 'warn'],
    ...['--namespace', namespace],
    ...searchAttributeFlags.flatMap((flag) => ['--search-attribute', flag]),
  ];
}

async function comesUp(child: ChildProcess, address: string, home: Home): Promise<boolean> {
  const deadline = performance.now() + startLimitMs;
  while (isAlive(child) && performance.now() < deadline) {
    // First wait: on a port where another server answers, ours ends at once, and must not be taken for that one.
    await sleep(startPollMs);
    if ((await isReady(address)) && isAlive(child)) return true;
  }
  if (!isAlive(child)) return false;
  child.kill('SIGKILL');
  throw new TidegateError('TG_TEMPORAL_START', {
    detail: `the server did not answer at ${address} within ${startLimitMs / 1_000} s`,
    next: `tail ${logFile(home)}`,
  });
}

/** Ready means: our namespace is there, and keeps closed workflows. */
async function isReady(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 1_000 });
    await keepClosedWorkflows(connection, namespace);
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (isAlive(child)) child.kill('SIGTERM');
  await Promise.race([ended, sleep(stopLimitMs, undefined, { ref: false })]);
  if (isAlive(child)) child.kill('SIGKILL');
  await ended;
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
