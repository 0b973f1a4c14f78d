import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { TidegateError } from '../../model/errors';

/**
 * Finds the `temporal` program: on PATH, then in our cache, where workers/temporal/install.sh puts it.
 * @returns its absolute path
 * @throws TG_TEMPORAL_MISSING
 */
export async function findTemporal(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  for (const folder of foldersToLookIn(environment)) {
    const program = join(folder, 'temporal');
    if (await canRun(program)) return program;
  }
  throw new TidegateError('TG_TEMPORAL_MISSING', {
    detail: `no \`temporal\` on PATH, and none in ${cachedPrograms(environment)}`,
  });
}

function foldersToLookIn(environment: NodeJS.ProcessEnv): string[] {
  const path = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...path, cachedPrograms(environment)];
}

/** The same folder as in install.sh. */
function cachedPrograms(environment: NodeJS.ProcessEnv): string {
  return join(environment.TIDEGATE_CACHE ?? join(homedir(), '.cache', 'tidegate'), 'bin');
}

async function canRun(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
