import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from '../../store/home';
import { embeddedAddress } from './address';

/** As for a server of ours: a stop takes 1.5 s. */
const stopLimitMs = 10_000;
const pollMs = 50;

/**
 * Ends the server that a killed `tidegate up` left running: two must not write one database. The process is
 * known by its ID and by the database on its command line.
 */
export async function endLeftBehind(home: Home): Promise<void> {
  const left = await embeddedAddress(home);
  if (!left) return;
  const deadline = performance.now() + stopLimitMs;
  const serves = () => servesDatabase(left.pid, home.temporalDatabase);
  if (await serves()) process.kill(left.pid, 'SIGTERM');
  while ((await serves()) && performance.now() < deadline) await sleep(pollMs);
  if (await serves()) process.kill(left.pid, 'SIGKILL');
  await rm(home.temporalAddressFile, { force: true });
}

/** @returns whether the process is a server of this database: IDs are used again. */
export async function servesDatabase(pid: number, database: string): Promise<boolean> {
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return words.split('\0').includes(database);
}
