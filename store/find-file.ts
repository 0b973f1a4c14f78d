import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TidegateError } from '../model/errors';
import { hasCode } from './durable';

/** The store's folders are named by the first four digits (Files.path). */
const shortestPrefix = 4;

/**
 * @param folder - of the files (Home.files).
 * @param prefix - a digest, or the start of one of at least four digits.
 * @returns the whole digest of the one file whose digest begins so.
 * @throws TG_USAGE for what is no start of a digest; TG_STORE_MISSING when no file or several begin so.
 */
export async function findFile(folder: string, prefix: string): Promise<string> {
  if (!/^[0-9a-f]{4,64}$/.test(prefix))
    throw new TidegateError(
      'TG_USAGE',
      `'${prefix}' is not the start of a digest: ${shortestPrefix} hex digits or more`,
    );
  const names = await readdir(join(folder, prefix.slice(0, 2), prefix.slice(2, 4))).catch(
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    },
  );
  const found = names.filter((name) => name.startsWith(prefix));
  if (found.length === 1 && found[0]) return found[0];
  throw new TidegateError(
    'TG_STORE_MISSING',
    `${found.length === 0 ? 'no file' : 'more than one'} of the store begins with ${prefix}`,
  );
}
