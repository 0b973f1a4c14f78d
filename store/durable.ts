import { mkdir, open, rename } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { TidegateError } from '../model/errors';

/** Makes `folder` and its missing parents, so that they are there after a power cut too, and closed to others. */
export async function makeFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
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

/** Written aside, synced, renamed: a reader sees the old text or the new one, also after a power cut. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  const file = await open(aside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  await syncFolder(dirname(path));
}

/** @returns TG_STORE_FULL for a disk or quota that is full, else the error as it is. */
export function nameDiskError(error: unknown, path: string): unknown {
  if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT'))
    return new TidegateError('TG_STORE_FULL', `no space left for ${path}`, { cause: error });
  return error;
}

/**
 * @returns TG_FILE_CLOSED for a file or folder that this account may not use, or whose file system is read-only, and
 * TG_STORE_FULL for a full disk; undefined for every other error.
 */
export function namedSystemError(error: unknown): TidegateError | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (path === undefined) return undefined;
  const named = nameDiskError(error, path);
  if (named instanceof TidegateError) return named;
  if (code === 'EACCES' || code === 'EPERM')
    return closed(`${accountName()} may not use ${path}`, `ls -ld ${path} ; then as its owner`, error);
  // Making a folder with its parents on a read-only file system ends in ENOENT: Node looks for the parent instead.
  if (code === 'EROFS' || (code === 'ENOENT' && syscall === 'mkdir'))
    return closed(
      `${path} cannot be written: its file system is read-only`,
      `findmnt --target ${dirname(path)}`,
      error,
    );
  return undefined;
}

/** Whoever runs in a container may have no name. */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

function closed(detail: string, next: string, cause: unknown): TidegateError {
  return new TidegateError('TG_FILE_CLOSED', { detail, next }, { cause });
}

/** Whether `error` is the system error named `code`, e.g. ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
