import { spawn } from 'node:child_process';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { TidegateError } from '../model/errors';

/** Who holds the state, written into the lock file for people. */
export interface Holder {
  readonly pid: number;
  readonly since: string;
  readonly command: string;
}

/** The right to be the one worker of a state folder; the kernel takes it back when the process dies. */
export interface StateLock {
  release(): Promise<void>;
}

const lockedElsewhere = 75;

/**
 * Takes the lock: flock(1) locks our own open file and exits, and the lock stays with our descriptor.
 * @throws TG_WORKER_RUNNING with the holder's words when another process has it.
 */
export async function lockState(lockFile: string, holder: Holder): Promise<StateLock> {
  const file = await open(lockFile, 'a+', 0o600);
  if (!(await lockDescriptor(file, '-x'))) {
    await file.close();
    const held = await holderOf(lockFile);
    throw new TidegateError('TG_WORKER_RUNNING', {
      detail: held
        ? `process ${held.pid} has been the worker since ${held.since}: ${held.command}`
        : `${lockFile} is locked`,
    });
  }
  await file.truncate(0);
  await file.write(JSON.stringify(holder));
  return { release: () => file.close() };
}

/** @returns who holds the lock now; undefined when nobody does. */
export async function lockHolder(lockFile: string): Promise<Holder | undefined> {
  const file = await open(lockFile, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    return (await lockDescriptor(file, '-s')) ? undefined : await holderOf(lockFile);
  } finally {
    await file.close();
  }
}

async function holderOf(lockFile: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(lockFile, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function lockDescriptor(file: FileHandle, how: '-x' | '-s'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-n', '-E', String(lockedElsewhere), how, '3'], {
      stdio: ['ignore', 'ignore', 'ignore', file.fd],
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}
