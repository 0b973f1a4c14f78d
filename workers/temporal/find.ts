import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { TidegateError } from '../../model/errors';

/** Where lab/setup.sh puts what it makes. */
export const cacheFolder = () => process.env.TIDEGATE_CACHE ?? join(homedir(), '.cache', 'tidegate');

/**
 * The `temporal` program: on PATH, or in our cache, where lab/setup.sh builds it.
 * @throws TG_TEMPORAL_MISSING when it is in neither.
 */
export function findTemporal(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(cacheFolder(), 'bin')];
  const found = folders.filter(Boolean).map((folder) => join(folder, 'temporal')).find(isProgram);
  if (!found) throw new TidegateError('TG_TEMPORAL_MISSING', 'no temporal program on PATH or in the cache');
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
