import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TidegateError } from '../model/errors';

/** Makes `folder` and its missing parents, so that they are there after a power cut too. */
export async function makeFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true });
  if (firstMade === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === firstMade) return;
  }
}

/** Waits until what was created, renamed or removed in `folder` is on the disk (fsync(2): a file's sync does not). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns TG_STORE_FULL for a disk or quota that is full, else the error as it is. */
export function nameDiskError(error: unknown, path: string): unknown {
  if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT'))
    return new TidegateError('TG_STORE_FULL', `no space left for ${path}`, { cause: error });
  return error;
}

/** Whether `error` is the system error named `code`, e.g. ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
