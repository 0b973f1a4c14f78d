import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { ApplicationFailure } from '@temporalio/common';
import { type LogMetadata, Runtime } from '@temporalio/worker';
import { isErrorCode } from '../model/errors';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { lockState, type StandBy, type StateLock } from '../store/lock';
import { overSsh, type Reach } from './reach';
import { refuseCutShort } from './restoring';
import { type RunningWorker, serve } from './serve';

/**
 * Runs the secured worker: the only process that reads the private key, and only one a home.
 * @param say - told what a person should know
 * @param standBy - waits for the worker that is there to be gone, and takes over.
 * @throws TG_WORKER_RUNNING, TG_TEMPORAL_UNREACHABLE, TG_KEY_FILE_OPEN.
 */
export async function runWorker(
  home: Home,
  say: (line: string) => void = () => {},
  reach: Reach = overSsh,
  standBy?: StandBy,
): Promise<RunningWorker> {
  const lock = await takeState(home, standBy);
  try {
    const { ended, stop } = await serve(home, say, reach);
    return { ended: ended.finally(() => lock.release()), stop };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Takes the right to be the one worker of a home.
 * @throws TG_WORKER_RUNNING; TG_RESTORE_CUT_SHORT
 */
export async function takeState(home: Home, standBy?: StandBy): Promise<StateLock> {
  const lock = await takeLock(home, standBy);
  try {
    await refuseCutShort(home);
    await new Files(home.files).removeUnfinished();
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** As `takeState`, also of a state that no worker may start on. */
export async function takeLock(home: Home, standBy?: StandBy): Promise<StateLock> {
  await mkdir(home.state, { recursive: true, mode: 0o700 });
  const holder = {
    machine: hostname(),
    pid: process.pid,
    since: new Date().toISOString(),
    command: process.argv.slice(1).join(' '),
  };
  return lockState(home.lockFile, holder, standBy);
}

/**
 * What the SDK warns of at each start, because one of our two workers has no activities and the other no workflows; and
 * that a workflow failed, of which it tells nothing more: whoever asked is told why, and a defect is told by its activity.
 */
const meant = ['No activities registered', 'No workflows registered', 'Workflow failed'];

/** Quiets the SDK: people read our words; its warnings go to the log that the caller chose. Call it first. */
export function quietRuntime(write: (text: string) => void): void {
  const quiet = () => {};
  const tell = (message: string, about?: LogMetadata) => {
    if (meant.some((words) => message.startsWith(words)) || isRefusal(about?.error)) return;
    write(about?.error instanceof Error ? `${message}: ${about.error.stack}` : message);
  };
  Runtime.install({
    shutdownSignals: [],
    logger: { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: tell, error: tell },
  });
}

/** Whoever asked is told what was refused by name, and so is the ledger; only a defect of ours is told here as well. */
function isRefusal(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause)
    if (error instanceof ApplicationFailure && isErrorCode(error.type)) return error.type !== 'TG_INTERNAL';
  return false;
}
