import { type FileHandle, open, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { TidegateError } from '../model/errors';
import { hasCode, makeFolder } from './durable';
import { flock } from './flock';
import { isAlive } from './process';

const thisMachine = 'this machine';

const holderSchema = z.object({
  /** The machine's name: the folder may be seen from several. */
  machine: z.string().default(thisMachine),
  pid: z.number().int(),
  since: z.string(),
  command: z.string(),
});

/** Who holds the state; written into the lock file for people to read. */
export type Holder = z.infer<typeof holderSchema>;

/** The right to be the one worker of a home. The kernel takes it back when the process ends, however it ends. */
export interface StateLock {
  release(): Promise<void>;
}

/** How to wait for a lock that another process holds. */
export interface StandBy {
  /** Ends the wait. */
  readonly stop: AbortSignal;
  /** Told once who is waited for. */
  waits(holder: Holder): void;
}

/** `lockHolder` of another process has the lock for the moment of its look; a worker has it for longer. */
const lookSeconds = 0.4;

/** How often, and how far apart, the words of a holder are read until they are those of one that lives. */
const tries = 5;
const betweenTriesMs = 100;

/**
 * Takes the lock for this process: a stopped one keeps it, a killed one does not (DESIGN.md decision 6).
 * @param lockFile - need not be there yet; it is never removed.
 * @param standBy - waits until the other process is gone, instead of being refused.
 * @throws TG_WORKER_RUNNING with the holder, when another process has it, and still has it when the wait is ended.
 */
export async function lockState(lockFile: string, holder: Holder, standBy?: StandBy): Promise<StateLock> {
  await makeFolder(dirname(lockFile));
  const file = await open(lockFile, 'a+', 0o600);
  try {
    if (!(await lockUnlessHeld(file))) {
      const other = await readHolder(lockFile);
      standBy?.waits(other);
      // The kernel wakes us when the holder is gone.
      if (!standBy || !(await flock(file, 'exclusive', { stop: standBy.stop })))
        throw workerRunning(lockFile, other);
    }
    await file.truncate();
    await file.write(JSON.stringify(holder));
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    release: async () => {
      await file.truncate();
      await file.close();
    },
  };
}

/** @returns who holds the lock at this moment; undefined when nobody does. */
export async function lockHolder(lockFile: string): Promise<Holder | undefined> {
  const file = await openExisting(lockFile);
  if (file === undefined) return undefined;
  try {
    // Shared, so that any number of lookers do not see one another.
    if (await flock(file, 'shared', { waitSeconds: 0 })) return undefined;
    return await readHolder(lockFile);
  } finally {
    await file.close();
  }
}

/** @returns who holds it, in words. */
export function holderWords({ pid, command, machine, since }: Holder): string {
  if (pid === unnamed.pid) return 'a program other than Tidegate';
  return `process ${pid} (${command}) of ${machine}, since ${since},`;
}

/** @returns what to type to end who holds the lock. */
export function toEnd({ machine, pid }: Holder, lockFile: string): string {
  // To kill 0 is to kill whoever types it.
  if (pid === unnamed.pid) return `fuser -v ${lockFile}`;
  return machine === hostname() || machine === thisMachine ? `kill ${pid}` : `on ${machine}: kill ${pid}`;
}

/** A worker's lock is exclusive: where a shared one can be had, only people who look are in the way, and they go. */
async function lockUnlessHeld(file: FileHandle): Promise<boolean> {
  for (;;) {
    if (await flock(file, 'exclusive', { waitSeconds: lookSeconds })) return true;
    if (!(await flock(file, 'shared', { waitSeconds: 0 }))) return false;
  }
}

/**
 * The words of a holder that was killed stay until the next one has written its own: those of a process that is
 * gone are read again. They count in the end, as a process of another container also looks gone from here.
 */
async function readHolder(lockFile: string): Promise<Holder> {
  for (let left = tries; ; left -= 1) {
    const found = parseHolder(await readFile(lockFile, 'utf8'));
    if (found !== undefined && isAlive(found.pid)) return found;
    if (left === 1) return found ?? unnamed;
    await sleep(betweenTriesMs);
  }
}

/** Something else than Tidegate locked the file. */
const unnamed: Holder = {
  machine: 'an unknown machine',
  pid: 0,
  since: 'an unknown time',
  command: 'unknown',
};

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function workerRunning(lockFile: string, holder: Holder): TidegateError {
  return new TidegateError('TG_WORKER_RUNNING', {
    detail: `${holderWords(holder)} holds ${lockFile}`,
    next: `${toEnd(holder, lockFile)} ; or to wait for it: tidegate worker --standby`,
  });
}
