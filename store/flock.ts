import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { TidegateError } from '../model/errors';

/** flock(1) ends with 1 when another has the lock; 64 and more are other troubles. */
const refusedCode = 1;

/** How long another may keep a lock from us. */
interface Patience {
  /** Without limit when absent; 0 does not wait. */
  readonly waitSeconds?: number;
  /** Ends the wait. */
  readonly stop?: AbortSignal;
}

/**
 * Locks an open file with flock(2), which belongs to the open file and not to a process: what flock(1) locks on the
 * descriptor that it inherits from us is ours, and stays when it ends. The kernel frees it when the file is closed,
 * however this process ends. A lock that we have is exchanged, and is lost when the other one cannot be had.
 * @param how - any number of `shared` locks stand side by side, an `exclusive` one stands alone.
 * @returns whether we have it.
 * @throws TG_PROGRAM_MISSING without flock(1).
 */
export function flock(
  { fd }: FileHandle,
  how: 'shared' | 'exclusive',
  { waitSeconds, stop }: Patience = {},
): Promise<boolean> {
  const limit = waitSeconds === undefined ? [] : ['--wait', String(waitSeconds)];
  return new Promise((resolve, reject) => {
    if (stop?.aborted) return resolve(false);
    const child = spawn('flock', [`--${how}`, ...limit, '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    const giveUp = () => void child.kill();
    stop?.addEventListener('abort', giveUp, { once: true });
    child.once('close', () => stop?.removeEventListener('abort', giveUp));
    child.once('error', (cause) =>
      reject(new TidegateError('TG_PROGRAM_MISSING', `flock (of util-linux): ${cause.message}`, { cause })),
    );
    child.once('exit', (code) => {
      if (code === null) resolve(false);
      else if (code === 0 || code === refusedCode) resolve(code === 0);
      else reject(new TidegateError('TG_INTERNAL', `flock ended with ${code}`));
    });
  });
}

/**
 * Runs `work` while this process alone has the lock on `path`, which is made when it is not there.
 * @param given.onWait - called once when another process has it.
 * @throws TG_INTERNAL when another process keeps it for longer than `waitSeconds`.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { onWait, waitSeconds }: { onWait?: () => void; waitSeconds?: number } = {},
): Promise<T> {
  const file = await open(path, 'a', 0o600);
  try {
    if (!(await flock(file, 'exclusive', { waitSeconds: 0 }))) {
      onWait?.();
      if (!(await flock(file, 'exclusive', { waitSeconds })))
        throw new TidegateError(
          'TG_INTERNAL',
          `another process has kept ${path} locked for ${waitSeconds} s`,
        );
    }
    return await work();
  } finally {
    await file.close();
  }
}
