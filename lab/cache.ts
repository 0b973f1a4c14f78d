import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** @returns $TIDEGATE_CACHE, else ~/.cache/tidegate: what is made once and used by every lab. */
export function cacheFolder(): string {
  return process.env.TIDEGATE_CACHE ?? join(homedir(), '.cache', 'tidegate');
}

/** @returns the folder of all labs. It is not readable by others: labs hold private keys. */
export function labsFolder(): string {
  const folder = join(cacheFolder(), 'labs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** @returns the folder of the layers that hosts are made from; private, as apt's credentials can be in one. */
export function layersFolder(): string {
  const folder = join(cacheFolder(), 'layers');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Held while labs come and go, so that no two pick the same addresses. */
export function labsLock(): string {
  return join(labsFolder(), '.lock');
}
