import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TidegateError } from '../model/errors';
import { hasCode, replaceFile } from './durable';

/**
 * Counts this start of a worker, for ever: hosts refuse a worker older than one that they have seen (DESIGN.md
 * decision 6).
 * @throws TG_FILE_INVALID for a count that is not one: to begin anew would have every host refuse us.
 */
export async function nextEpoch(stateFolder: string): Promise<number> {
  const file = join(stateFolder, 'epoch');
  const next = (await lastEpoch(file)) + 1;
  await replaceFile(file, String(next));
  return next;
}

async function lastEpoch(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '0';
    throw error;
  });
  const epoch = /^\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(epoch)) return epoch;
  throw new TidegateError('TG_FILE_INVALID', {
    detail: `${file} does not hold the number of times that a worker was started here`,
    next: `date +%s > ${file}   (any number that is higher than it ever was)`,
  });
}
