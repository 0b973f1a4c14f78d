import { mkdir } from 'node:fs/promises';
import { NativeConnection, type NativeConnectionOptions, Runtime, Worker } from '@temporalio/worker';
import { loadFleet } from '../fleet/load';
import type { Home } from '../store/home';
import { lockState } from '../store/lock';
import { taskQueue } from '../workflows/contract';
import { secure } from './activities';
import { workflowBundle } from './bundle';
import { failureInterceptor } from './failure-interceptor';
import { findServer } from './temporal/connection';

/** In-flight activities are given this long to say where they are; operations on hosts go on without us. */
const graceTime = '10s';
/** A worker that is gone is noticed this fast by its own workflows (DESIGN.md, Temporal). */
const stickyQueueScheduleToStartTimeout = '3s';

/** The one worker of a home while it runs. */
export interface RunningWorker {
  /** Resolves when it has stopped. */
  readonly ended: Promise<void>;
  /** Begins nothing more, lets activities report, and ends. */
  stop(): void;
}

/**
 * Runs the secured worker: the only process that reads the private key, and only one a home.
 * Workflows are served first, so that signals which came meanwhile close their gates before a host is touched.
 * @throws TG_WORKER_RUNNING, TG_TEMPORAL_UNREACHABLE, TG_KEY_FILE_OPEN.
 */
export async function runWorker(home: Home): Promise<RunningWorker> {
  await mkdir(home.state, { recursive: true, mode: 0o700 });
  const lock = await lockState(home.lockFile, {
    pid: process.pid,
    since: new Date().toISOString(),
    command: process.argv.slice(1).join(' '),
  });
  const { options, namespace } = await findServer(home);
  const connection = await NativeConnection.connect(options as NativeConnectionOptions);
  const fleet = await loadFleet(home.fleetFile);
  const secured = await secure(home, () => connection.workflowService.getSystemInfo({}));
  const common = { connection, namespace, taskQueue: taskQueue(fleet.name), shutdownGraceTime: graceTime };
  const decisions = await Worker.create({
    ...common,
    workflowBundle: { codePath: await workflowBundle() },
    stickyQueueScheduleToStartTimeout,
  });
  const effects = await Worker.create({
    ...common,
    activities: secured.activities,
    interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
  });
  const workers = [decisions, effects];
  const ended = (async () => {
    try {
      await Promise.all(workers.map((worker) => worker.run()));
    } finally {
      await secured.end();
      await connection.close();
      await lock.release();
    }
  })();
  return {
    ended,
    stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

/** Quiets the SDK: people read our words; its warnings go to the log that the caller chose. */
export function quietRuntime(write: (text: string) => void): void {
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log() {},
      trace() {},
      debug() {},
      info() {},
      warn: (message) => write(message),
      error: (message) => write(message),
    },
  });
}
