import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { readFleetFile } from '../fleet/load';
import { durationText } from '../model/duration';
import { TidegateError } from '../model/errors';
import { summaryOf } from '../model/summary';
import type { Home } from '../store/home';
import { lockHolder } from '../store/lock';
import { connectTemporal, namedServer } from '../workers/temporal/connection';
import { taskQueue } from '../workflows/contract/server';
import { attributesOf } from './attributes';
import type { Output } from './output';
import { resultOf } from './result-of';
import { interrupted } from './verb';

/** How often a person who waits is told for how long, and whether the worker is still there. */
const tickMs = 1_000;

/** @returns the name of the fleet, from fleet.yaml alone: the inventory is not read. */
export async function fleetName(home: Home): Promise<string> {
  return (await readFleetFile(home.fleetFile)).file.fleet;
}

/** @throws TG_WORKER_MISSING at once when no worker holds this home: nobody would take up what is asked. */
export async function requireWorker(home: Home): Promise<void> {
  if ((await lockHolder(home.lockFile)) === undefined)
    throw new TidegateError('TG_WORKER_MISSING', {
      detail: `no worker runs for ${home.folder}`,
      next: `in another terminal: ${workerCommand()}`,
    });
}

/** @returns what starts a worker: with a server, unless one is named that is somebody else's to start. */
export function workerCommand(): string {
  return namedServer() === undefined ? 'tidegate up' : 'tidegate worker';
}

/** Hands `work` a client of the Temporal server, and lets go of it afterwards. @throws TG_TEMPORAL_UNREACHABLE within 3 s. */
export async function useTemporal<T>(home: Home, work: (client: Client) => Promise<T>): Promise<T> {
  const { client, connection } = await connectTemporal(home);
  try {
    return await work(client);
  } finally {
    await connection.close();
  }
}

/**
 * Starts a workflow that only asks, waits for it, and gives its result; what it throws comes back by name. Ctrl-C
 * leaves at once: what the workflow does goes on.
 * @param workflowId - for work that must not be done twice at once: when it is under way, its result is waited for.
 * @param doing - `asking the hosts of plan.yaml`, shown while it takes
 * @throws TG_WORKER_MISSING, TG_TEMPORAL_UNREACHABLE, TG_WORKFLOW_STUCK, and what the workflow throws
 */
export async function runProcedure<Result>(
  home: Home,
  given: {
    workflow: string;
    input: { readonly fleet: string };
    /** What it is about, when it is about one package. */
    package?: string;
    doing: string;
    output: Output;
    workflowId?: string;
  },
): Promise<Result> {
  await requireWorker(home);
  return useTemporal(home, async (client) => {
    const handle = await client.workflow.start(given.workflow, {
      args: [given.input],
      taskQueue: taskQueue(given.input.fleet),
      workflowId:
        given.workflowId ?? `${given.workflow}/${given.input.fleet}/${randomBytes(6).toString('hex')}`,
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: summaryOf(given.doing),
      typedSearchAttributes: attributesOf(given.input.fleet, given.package),
    });
    const ticking = tick(home, given.doing, given.output);
    const leave = () => {
      if (given.workflowId !== undefined)
        given.output.note('It goes on without you.   The same command again waits for it.');
      process.exit(interrupted);
    };
    process.once('SIGINT', leave);
    try {
      return (await resultOf(client, handle)) as Result;
    } finally {
      process.removeListener('SIGINT', leave);
      ticking.end();
    }
  });
}

/** Says, while a person waits, for how long, and once when the worker goes away. */
export function tick(home: Home, doing: string, output: Output): { end(): void } {
  const startedMs = performance.now();
  let told = false;
  const timer = setInterval(async () => {
    output.progress(`${doing} … ${durationText(performance.now() - startedMs)}`);
    const gone = (await lockHolder(home.lockFile)) === undefined;
    if (gone && !told)
      output.note(`The worker has stopped; this waits for it. In another terminal: ${workerCommand()}`);
    told = gone;
  }, tickMs);
  return { end: () => clearInterval(timer) };
}
