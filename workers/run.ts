import { mkdir } from 'node:fs/promises';
import { Runtime } from '@temporalio/worker';
import type { Home } from '../store/home';
import { lockState, type StateLock } from '../store/lock';
import { serve } from './serve';

/** The one worker of a home while it runs. */
export interface RunningWorker {
  /** Resolves when it has stopped; rejects with what ended it when nobody asked it to. */
  readonly ended: Promise<void>;
  /** Begins nothing more, lets activities report, and ends. */
  stop(): void;
}

/**
 * Runs the secured worker: the only process that reads the private key, and only one a home.
 * @param say - told what a person should know
 * @throws TG_WORKER_RUNNING, TG_TEMPORAL_UNREACHABLE, TG_KEY_FILE_OPEN.
 */
export async function runWorker(home: Home, say?: (line: string) => void): Promise<RunningWorker> {
  const lock = await takeState(home);
  try {
    return await runLocked(home, lock, say);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** As `runWorker`, for a caller that holds the state already and lets go of it itself when this throws. */
export async function runLocked(
  home: Home,
  lock: StateLock,
  say: (line: string) => void = () => {},
): Promise<RunningWorker> {
  const { ended, stop } = await serve(home, say);
  return { ended: ended.finally(() => lock.release()), stop };
}

/** Takes the right to be the one worker of a home. @throws TG_WORKER_RUNNING */
export async function takeState(home: Home): Promise<StateLock> {
  await mkdir(home.state, { recursive: true, mode: 0o700 });
  return lockState(home.lockFile, {
    pid: process.pid,
    since: new Date().toISOString(),
    command: process.argv.slice(1).join(' '),
  });
}

/** Quiets the SDK: people read our words; its warnings go to the log that the caller chose. Call it first. */
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
