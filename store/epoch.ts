import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TidegateError } from '../model/errors';
import { hasCode, replaceFile } from './durable';

/** In the state, from when a host refused its worker until a person removes it. */
export const supersededFile = 'superseded';

/**
 * Counts this start of a worker, for ever: hosts refuse a worker older than one that they have seen (DESIGN.md
 * decision 6). It is the time of the start in ms, and always higher than the last: two copies of a state count
 * differently, and whichever was started last is the newer one.
 * @throws TG_FILE_INVALID for a count that is not one: to begin anew would have every host refuse us.
 */
export async function nextEpoch(stateFolder: string): Promise<number> {
  const file = join(stateFolder, 'epoch');
  const next = Math.max((await lastEpoch(file)) + 1, Date.now());
  await replaceFile(file, String(next));
  return next;
}

/**
 * Keeps that a newer worker has been on a host: whatever restarts this one must not make it the newest again, so that
 * two take turns. At once, as the process is about to end.
 * @param why - which host said so
 */
export function markSuperseded(stateFolder: string, why: string): void {
  writeFileSync(join(stateFolder, supersededFile), `${new Date().toISOString()} ${why}\n`, { flush: true });
}

/** @throws TG_EPOCH_STALE when a worker of this state was superseded, until a person says that it may go on. */
export async function refuseSuperseded(stateFolder: string): Promise<void> {
  const file = join(stateFolder, supersededFile);
  const why = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (why !== undefined)
    throw new TidegateError('TG_EPOCH_STALE', {
      detail: `the last worker of ${stateFolder} was superseded: ${why.trim()}`,
      next: `nothing, if the newer worker is meant; else end that one, and: rm ${file}`,
    });
}

async function lastEpoch(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '0';
    throw error;
  });
  const epoch = /^\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(epoch)) return epoch;
  throw new TidegateError('TG_FILE_INVALID', {
    detail: `${file} does not hold the number of the last start of a worker`,
    next: `date +%s%3N > ${file}   (any number that is higher than it ever was)`,
  });
}
