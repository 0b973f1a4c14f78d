import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { backupSchema } from '../model/backup';
import { TidegateError } from '../model/errors';
import { hasCode, replaceFile, syncFolder } from '../store/durable';
import type { Home } from '../store/home';

const restoringSchema = z.object({
  backup: backupSchema,
  /** The file that was given, for people. */
  file: z.string(),
  /** Where the state of before goes. */
  before: z.string(),
  /** Nothing of the state of before is in its place any more. */
  movedOut: z.boolean(),
});

/** A restore that has begun to move. */
export type Restoring = z.infer<typeof restoringSchema>;

/** These stay where they are: whoever waits for one of them goes on with the state that is there then. */
const locks = ['lock', 'holds.lock'];

/** @returns the restore that was cut short while it moved; undefined when there is none. */
export async function cutShort(home: Home): Promise<Restoring | undefined> {
  try {
    return restoringSchema.parse(JSON.parse(await readFile(markerOf(home), 'utf8')));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** @throws TG_RESTORE_CUT_SHORT while the state is partly that of before a restore, and partly what was restored. */
export async function refuseCutShort(home: Home): Promise<void> {
  const restoring = await cutShort(home);
  if (restoring) throw restoreCutShort(home, restoring);
}

export function restoreCutShort(home: Home, { file, before }: Restoring, cause?: Error): TidegateError {
  return new TidegateError(
    'TG_RESTORE_CUT_SHORT',
    {
      detail: `${cause ? `${cause.message}; ` : ''}${home.state} is half restored; what was there before is in ${before}`,
      next: `tidegate restore ${file}   (finishes it)`,
    },
    { cause },
  );
}

/**
 * Moves the state out and what was unpacked in. Its marker is there from before the first move until after the last
 * one, so that no worker starts on a mixture; called again with what the marker says, it goes on where it was cut short.
 * @throws TG_RESTORE_CUT_SHORT
 */
export async function moveIn(home: Home, restoring: Restoring): Promise<void> {
  await replaceFile(markerOf(home), JSON.stringify(restoring));
  try {
    if (!restoring.movedOut) await moveOut(home, restoring);
    await moveAll(unpackedOf(home), home.state, { replace: true });
    await syncFolder(home.state);
    await rm(markerOf(home));
    await syncFolder(home.folder);
  } catch (cause) {
    throw restoreCutShort(home, restoring, cause as Error);
  }
}

async function moveOut(home: Home, restoring: Restoring): Promise<void> {
  await mkdir(restoring.before, { recursive: true, mode: 0o700 });
  await moveAll(home.state, restoring.before, { replace: false });
  await syncFolder(restoring.before);
  await replaceFile(markerOf(home), JSON.stringify({ ...restoring, movedOut: true }));
}

/** Of two of a name, one was made by somebody who looked after a restore was cut short: that one goes. */
async function moveAll(from: string, to: string, { replace }: { replace: boolean }): Promise<void> {
  for (const name of await readdir(from)) {
    if (locks.includes(name)) continue;
    const [source, target] = [join(from, name), join(to, name)];
    if (existsSync(target)) await rm(replace ? target : source, { recursive: true });
    if (existsSync(source)) await rename(source, target);
  }
}

const markerOf = (home: Home) => join(home.folder, 'restoring.json');

/** Where what comes instead is, whole and on the disk before anything moves. */
export const unpackedOf = (home: Home) => join(home.folder, '.restoring');
