import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readFleetFile } from '../fleet/load';
import { TidegateError } from '../model/errors';
import { replaceFile, syncFolder } from '../store/durable';
import { nextEpoch } from '../store/epoch';
import type { Home } from '../store/home';
import { type Backup, backupFile, readBackup, tar } from './backup';
import { restoredFile } from './hold-restored';
import { takeState } from './run';
import { endLeftBehind } from './temporal/left-behind';

/**
 * Puts the state of a home back to a backup; what was there is moved aside, whole. The worker that starts next holds
 * every rollout (workers/hold-restored.ts), and hosts refuse what they have done since: their chains have moved.
 * @param confirm - told what the backup is before anything changes
 * @returns where the state of before is.
 * @throws TG_WORKER_RUNNING; TG_BACKUP_INVALID when the file is no backup, or of another fleet.
 */
export async function restore(
  home: Home,
  path: string,
  confirm: (backup: Backup) => Promise<void>,
): Promise<Backup & { before: string }> {
  const file = resolve(path);
  const { file: fleet } = await readFleetFile(home.fleetFile);
  const lock = await takeState(home);
  const unpacked = await mkdtemp(join(home.folder, '.restoring-'));
  try {
    await tar(['--extract', '--gzip', '--no-same-owner', '--file', file, '--directory', unpacked]);
    const backup = await readBackup(unpacked, file);
    if (backup.fleet !== fleet.fleet)
      throw new TidegateError(
        'TG_BACKUP_INVALID',
        `${file} is of fleet ${backup.fleet}, not of ${fleet.fleet}`,
      );
    await confirm(backup);
    await endLeftBehind(home);
    // Hosts refuse a worker older than one that they have seen (store/epoch.ts).
    await raiseEpoch(unpacked);
    await rename(join(unpacked, backupFile), join(unpacked, restoredFile));
    const before = join(home.folder, `state-before-${new Date().toISOString().replaceAll(':', '')}`);
    await mkdir(before, { mode: 0o700 });
    // The lock is ours, and stays.
    for (const name of await readdir(home.state))
      if (name !== 'lock') await rename(join(home.state, name), join(before, name));
    // What holds the rollouts is there before there is a rollout.
    await rename(join(unpacked, restoredFile), join(home.state, restoredFile));
    for (const name of await readdir(unpacked)) await rename(join(unpacked, name), join(home.state, name));
    await syncFolder(home.state);
    return { ...backup, before };
  } finally {
    await rm(unpacked, { recursive: true, force: true });
    await lock.release();
  }
}

/** Seconds since 1970 are more than the starts ever counted, and than those counted on from an earlier restore. */
async function raiseEpoch(restored: string): Promise<void> {
  const highest = Math.max(await nextEpoch(restored), Math.floor(Date.now() / 1000));
  await replaceFile(join(restored, 'epoch'), String(highest));
}
