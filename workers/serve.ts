import { GracefulShutdownPeriodExpiredError, Worker } from '@temporalio/worker';
import { readFleetFile } from '../fleet/load';
import { TidegateError } from '../model/errors';
import type { Home } from '../store/home';
import { taskQueue } from '../workflows/contract/server';
import { type SecuredWorker, secure } from './activities';
import { workflowBundle } from './bundle';
import { failureInterceptor } from './failure-interceptor';
import { heartbeatInterceptor } from './heartbeat-interceptor';
import { holdRestored } from './hold-restored';
import { holdWhatWasAsked } from './hold-what-was-asked';
import type { Reach } from './reach';
import { stoppingInterceptor } from './stopping-interceptor';
import { connectWorker } from './temporal/worker-connection';
import { unstick } from './unstick';

/** In-flight activities are given this long to say where they are; operations on hosts go on without us. */
const graceTime = '10s';
/** A worker that cannot end is ended: the next one attaches to what it left. */
const forceTime = '20s';
/** A worker that is gone is noticed this fast by its own workflows (DESIGN.md, Temporal). */
const stickyQueueScheduleToStartTimeout = '3s';
/**
 * An activity is a batch of many hosts, a soak, a build, or milliseconds of bookkeeping: what limits the work on
 * hosts is the gate. Gates must still close while batches fill the slots, so there are more of these than batches.
 */
const maxConcurrentActivityTaskExecutions = 200;

/** The one worker of a home while it runs. */
export interface RunningWorker {
  /** Resolves when it has stopped; rejects with what ended it when nobody asked it to. */
  readonly ended: Promise<void>;
  /** Begins nothing more, lets activities report, and ends. */
  stop(): void;
}

/**
 * Polls for work until told to stop. Workflows are served first, so that signals which came meanwhile close their
 * gates before an activity touches a host (DESIGN.md decision 5); and longest, so that activities can report.
 * The caller holds the state lock.
 */
export async function serve(home: Home, say: (line: string) => void, reach: Reach): Promise<RunningWorker> {
  const temporal = await connectWorker(home);
  const open: (() => Promise<unknown>)[] = [() => temporal.connection.close(), () => temporal.native.close()];
  try {
    const { file } = await readFleetFile(home.fleetFile);
    const stopping = new AbortController();
    const ping = () => temporal.native.workflowService.getSystemInfo({});
    const secured = await secure(home, reach, ping, say, (why) => stopping.abort(why));
    open.unshift(() => secured.end());
    const { decisions, effects } = await createWorkers(temporal, taskQueue(file.fleet), secured);
    await unstick(temporal.client, taskQueue(file.fleet));
    const decided = runToEnd(decisions, stopping, say);
    try {
      await holdRestored(home, temporal.client, file.fleet, secured, say);
      await holdWhatWasAsked(temporal.client, file.fleet, secured.gate, say, stopping.signal);
    } catch (error) {
      shutDown(decisions);
      await decided;
      throw error;
    }
    const acted = runToEnd(effects, stopping, say).finally(() => shutDown(decisions));
    const stop = () => {
      secured.beginNothing();
      shutDown(effects);
    };
    stopping.signal.addEventListener('abort', stop, { once: true });
    return {
      ended: Promise.all([decided, acted])
        .finally(() => closeAll(open))
        .then(() => {
          if (stopping.signal.reason instanceof TidegateError) throw stopping.signal.reason;
        }),
      stop,
    };
  } catch (error) {
    await closeAll(open).catch(() => {});
    throw error;
  }
}

async function createWorkers(
  { native, namespace }: Awaited<ReturnType<typeof connectWorker>>,
  queue: string,
  secured: SecuredWorker,
): Promise<{ decisions: Worker; effects: Worker }> {
  const common = {
    connection: native,
    namespace,
    taskQueue: queue,
    shutdownGraceTime: graceTime,
    shutdownForceTime: forceTime,
  };
  const decisions = await Worker.create({
    ...common,
    workflowBundle: { codePath: await workflowBundle() },
    stickyQueueScheduleToStartTimeout,
  });
  const effects = await Worker.create({
    ...common,
    activities: secured.activities,
    interceptors: {
      activity: [failureInterceptor, heartbeatInterceptor, stoppingInterceptor].map((inbound) => () => ({
        inbound,
      })),
    },
    maxConcurrentActivityTaskExecutions,
  });
  return { decisions, effects };
}

/** When one of the two ends, the other is asked to: half a worker helps nobody. */
async function runToEnd(
  worker: Worker,
  stopping: AbortController,
  say: (line: string) => void,
): Promise<void> {
  try {
    await worker.run();
  } catch (error) {
    if (!(error instanceof GracefulShutdownPeriodExpiredError)) throw error;
    say('some activities did not end in time; the next worker takes them up');
  } finally {
    stopping.abort();
  }
}

function shutDown(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}

async function closeAll(open: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const close of open) await close();
}
