import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { TidegateError } from '../model/errors';
import { hasCode } from './durable';

/** Where everything of one fleet lies on the secured instance. All paths are absolute. */
export interface Home {
  readonly folder: string;
  readonly fleetFile: string;
  readonly keys: string;
  readonly state: string;
  readonly files: string;
  readonly ledger: string;
  readonly temporalDatabase: string;
  /** JSON {address, uiUrl, namespace, pid}, there while an embedded Temporal server runs. */
  readonly temporalAddressFile: string;
  /** Held by the one secured worker (store/lock.ts). */
  readonly lockFile: string;
}

/**
 * Finds the home that a command works in: `--home`, else $TIDEGATE_HOME, else the current folder when it has a
 * fleet.yaml, else ~/.tidegate.
 * @throws TG_HOME_MISSING when there is no fleet.yaml in it.
 */
export function findHome(option?: string): Home {
  const home = homeAt(chooseHomeFolder(option));
  if (!isThere(home.fleetFile))
    throw new TidegateError('TG_HOME_MISSING', {
      detail: `no fleet.yaml in ${home.folder}`,
      next: `tidegate init${option === undefined ? '' : ` --home ${home.folder}`} --inventory FILE, or TIDEGATE_HOME=FOLDER`,
    });
  return home;
}

/** A folder that is closed to this account is no missing one: then the error of the system is thrown. */
function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return false;
    throw error;
  }
}

/** @returns the folder that `findHome` would look in; for `init` and `lab up`, which make the home. */
export function chooseHomeFolder(option?: string): string {
  if (option !== undefined) return resolve(option);
  if (process.env.TIDEGATE_HOME) return resolve(process.env.TIDEGATE_HOME);
  if (existsSync('fleet.yaml')) return process.cwd();
  return join(homedir(), '.tidegate');
}

/** @returns the paths of a home at `folder`, whether or not it has been made. */
export function homeAt(folder: string): Home {
  const root = resolve(folder);
  const state = join(root, 'state');
  return {
    folder: root,
    fleetFile: join(root, 'fleet.yaml'),
    keys: join(root, 'keys'),
    state,
    files: join(state, 'files'),
    ledger: join(state, 'ledger'),
    temporalDatabase: join(state, 'temporal.db'),
    temporalAddressFile: join(state, 'temporal.json'),
    lockFile: join(state, 'lock'),
  };
}
