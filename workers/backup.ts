import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readFleetFile } from '../fleet/load';
import { type Backup, backupSchema } from '../model/backup';
import { TidegateError } from '../model/errors';
import { replaceFile, syncFolder } from '../store/durable';
import { supersededFile } from '../store/epoch';
import type { Home } from '../store/home';
import { takeState } from './run';
import { endLeftBehind } from './temporal/left-behind';

/** In the state while it is packed, and in the backup. */
export const backupFile = 'backup.json';
/** What belongs to processes that run or ran, and to none that comes later. */
const notKept = ['lock', 'holds.lock', 'temporal.json', 'temporal.log', supersededFile];

/**
 * Packs the state of a home into one file: Temporal's embedded database, the store and the ledger, all of one moment.
 * SQLite's database must not be copied while a server writes it, so the right to be the one worker is held meanwhile,
 * and a server that a killed process left behind is ended. Keys, fleet.yaml and known_hosts are not in it.
 * @throws TG_WORKER_RUNNING; TG_FILE_INVALID when the file is there already; TG_STORE_FULL; TG_BACKUP_FAILED
 */
export async function backUp(home: Home, path: string): Promise<Backup & { sizeBytes: number }> {
  const file = resolve(path);
  if (existsSync(file))
    throw new TidegateError('TG_FILE_INVALID', {
      detail: `${file} is there already`,
      next: 'name a file that is not there yet',
    });
  const { file: fleet } = await readFleetFile(home.fleetFile);
  const lock = await takeState(home);
  const half = `${file}.part`;
  try {
    await endLeftBehind(home);
    const backup = { fleet: fleet.fleet, machine: hostname(), at: new Date().toISOString() };
    await replaceFile(join(home.state, backupFile), JSON.stringify(backup));
    // Of a backup that was killed: its lock is ours now.
    await rm(half, { force: true });
    // Made first, so that nobody else can read it at any moment.
    await (await open(half, 'wx', 0o600)).close();
    await tar(
      [
        ...['--create', '--gzip', '--file', half, '--directory', home.state],
        ...[...notKept.map((name) => `--exclude=./${name}`), '.'],
      ],
      { writes: half, failed: 'TG_BACKUP_FAILED' },
    );
    const written = await open(half, 'r+');
    await written.sync();
    const { size: sizeBytes } = await written.stat();
    await written.close();
    await rename(half, file);
    await syncFolder(dirname(file));
    return { ...backup, sizeBytes };
  } finally {
    await rm(half, { force: true });
    await rm(join(home.state, backupFile), { force: true });
    await lock.release();
  }
}

/** @returns what a backup that was unpacked in a folder says of itself. @throws TG_BACKUP_INVALID */
export async function readBackup(folder: string, file: string): Promise<Backup> {
  try {
    return backupSchema.parse(JSON.parse(await readFile(join(folder, backupFile), 'utf8')));
  } catch (cause) {
    throw new TidegateError('TG_BACKUP_INVALID', `${file} was not made by tidegate backup`, { cause });
  }
}

/** Unpacks a backup into a folder. @throws TG_BACKUP_INVALID when it cannot be read; TG_STORE_FULL */
export async function unpack(file: string, folder: string): Promise<void> {
  await tar(['--extract', '--gzip', '--no-same-owner', '--file', file, '--directory', folder], {
    writes: folder,
    failed: 'TG_BACKUP_INVALID',
  });
}

/** What tar and gzip print in the C locale for ENOSPC and EDQUOT. */
const fullDisk = /No space left on device|Disk quota exceeded/;

/** A store has gigabytes: it takes as long as it takes. @throws TG_PROGRAM_MISSING; TG_STORE_FULL; `failed` with tar's words */
async function tar(
  words: readonly string[],
  { writes, failed }: { writes: string; failed: 'TG_BACKUP_FAILED' | 'TG_BACKUP_INVALID' },
): Promise<void> {
  const child = spawn('tar', words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-2_000);
  });
  const [code] = await once(child, 'close').catch((cause: Error) => {
    throw new TidegateError('TG_PROGRAM_MISSING', `tar: ${cause.message}`, { cause });
  });
  if (code === 0) return;
  if (fullDisk.test(said)) throw new TidegateError('TG_STORE_FULL', `no space left for ${writes}`);
  throw new TidegateError(failed, said.trim().split('\n')[0] || `tar ended with ${code}`);
}
