import { execFile } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { keepHolds } from '../fleet/holds';
import { readFleetFile } from '../fleet/load';
import type { Backup } from '../model/backup';
import { TidegateError } from '../model/errors';
import { nextEpoch } from '../store/epoch';
import type { Home } from '../store/home';
import { backupFile, readBackup, unpack } from './backup';
import { restoredFile } from './hold-restored';
import { cutShort, moveIn, type Restoring, restoreCutShort, unpackedOf } from './restoring';
import { takeLock } from './run';
import { endLeftBehind } from './temporal/left-behind';

/** What a person is told of a restore. */
interface Restored extends Backup {
  /** The folder with the state of before. */
  readonly before: string;
  /** The hosts that are held although the backup does not hold them so. */
  readonly held: readonly string[];
}

/**
 * Puts the state of a home back to a backup; what was there is moved aside, whole. The worker that starts next holds
 * every rollout (workers/hold-restored.ts), and hosts refuse what they have done since: their chains have moved.
 * Holds of hosts that are in force stay in force. A restore that was cut short is finished by the same command.
 * @param confirm - told what the backup is before anything changes
 * @throws TG_WORKER_RUNNING; TG_BACKUP_INVALID when the file is no backup, or of another fleet; TG_STORE_FULL;
 *   TG_RESTORE_CUT_SHORT when it can no longer be left as it was, or another one is to be finished first.
 */
export async function restore(
  home: Home,
  path: string,
  confirm: (backup: Backup) => Promise<void>,
): Promise<Restored> {
  const file = resolve(path);
  const lock = await takeLock(home);
  try {
    const begun = await cutShort(home);
    if (begun && begun.file !== file) throw restoreCutShort(home, begun);
    if (!begun) return await begin(home, file, confirm);
    await confirm(begun.backup);
    return await finish(home, begun);
  } finally {
    await lock.release();
  }
}

async function begin(
  home: Home,
  file: string,
  confirm: (backup: Backup) => Promise<void>,
): Promise<Restored> {
  const { file: fleet } = await readFleetFile(home.fleetFile);
  const unpacked = unpackedOf(home);
  const before = join(home.folder, `state-before-${new Date().toISOString().replaceAll(':', '')}`);
  try {
    // Of a restore that was killed before it moved anything.
    await rm(unpacked, { recursive: true, force: true });
    await mkdir(unpacked, { mode: 0o700 });
    await unpack(file, unpacked);
    const backup = await readBackup(unpacked, file);
    if (backup.fleet !== fleet.fleet)
      throw new TidegateError(
        'TG_BACKUP_INVALID',
        `${file} is of fleet ${backup.fleet}, not of ${fleet.fleet}`,
      );
    await confirm(backup);
    await endLeftBehind(home);
    // Workers that were started since the backup are older than this moment (store/epoch.ts).
    await nextEpoch(unpacked);
    await rename(join(unpacked, backupFile), join(unpacked, restoredFile));
    return await finish(home, { backup, file, before, movedOut: false });
  } finally {
    // What a restore that was cut short goes on with stays.
    if (!(await cutShort(home))) await rm(unpacked, { recursive: true, force: true });
  }
}

async function finish(home: Home, restoring: Restoring): Promise<Restored> {
  const unpacked = unpackedOf(home);
  const held = await keepHolds(home.state, unpacked, async () => {
    // tar syncs nothing: a power cut must not leave empty books under the right names.
    await promisify(execFile)('sync', ['--file-system', unpacked]);
    await moveIn(home, restoring);
  });
  await rm(unpacked, { recursive: true, force: true });
  return { ...restoring.backup, before: restoring.before, held };
}
