import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { readFleetFile } from '../fleet/load';
import { TidegateError } from '../model/errors';
import { replaceFile, syncFolder } from '../store/durable';
import type { Home } from '../store/home';
import { takeState } from './run';
import { endLeftBehind } from './temporal/left-behind';

/** What a backup says of itself. */
export const backupSchema = z.object({ fleet: z.string(), machine: z.string(), at: z.iso.datetime() });
export type Backup = z.infer<typeof backupSchema>;

/** In the state while it is packed, and in the backup. */
export const backupFile = 'backup.json';
/** What belongs to processes that run, and to none that comes later. */
export const notKept = ['lock', 'temporal.json', 'temporal.log'];

/**
 * Packs the state of a home into one file: Temporal's embedded database, the store and the ledger, all of one moment.
 * SQLite's database must not be copied while a server writes it, so the right to be the one worker is held meanwhile,
 * and a server that a killed process left behind is ended. Keys, fleet.yaml and known_hosts are not in it.
 * @throws TG_WORKER_RUNNING; TG_FILE_INVALID when the file is there already.
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
    // Made first, so that nobody else can read it at any moment.
    await (await open(half, 'wx', 0o600)).close();
    await tar([
      ...['--create', '--gzip', '--file', half, '--directory', home.state],
      ...[...notKept.map((name) => `--exclude=./${name}`), '.'],
    ]);
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

/** A store has gigabytes: it takes as long as it takes. @throws TG_PROGRAM_MISSING; TG_BACKUP_INVALID with tar's words */
export async function tar(words: readonly string[]): Promise<void> {
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
  if (code !== 0) throw new TidegateError('TG_BACKUP_INVALID', `tar: ${said.trim().split('\n')[0] ?? code}`);
}
