import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TidegateError } from '../model/errors';
import {
  lockName,
  namedFiles,
  type Recipe,
  type RecipeLock,
  recipeLockSchema,
  recipeSchema,
} from '../model/recipe';
import { hasCode } from '../store/durable';
import { loadDocument } from './document';

/** A recipe as it lies on the disk: itself, its lock, and the files beside it that it names. */
export interface LoadedRecipe {
  readonly recipe: Recipe;
  readonly lock?: RecipeLock;
  /** Where `build --pin` writes the lock. */
  readonly lockFile: string;
  /** path relative to the recipe → its bytes. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** @throws TG_FILE_INVALID with file, line and key; TG_FILE_MISSING naming what the recipe names and is not there. */
export async function loadRecipe(path: string): Promise<LoadedRecipe> {
  const folder = dirname(path);
  const recipe = await loadDocument(path, recipeSchema);
  const lockFile = join(folder, lockName(basename(path)));
  const lock =
    (await readIfThere(lockFile)) === undefined ? undefined : await loadDocument(lockFile, recipeLockSchema);
  const { required, perhaps } = namedFiles(recipe);
  const files = new Map<string, Buffer>();
  for (const name of [...required, ...perhaps]) {
    const bytes = await readIfThere(join(folder, name));
    if (bytes !== undefined) files.set(name, bytes);
    else if (required.includes(name))
      throw new TidegateError('TG_FILE_MISSING', `${join(folder, name)} does not exist; ${path} names it`);
  }
  return { recipe, lock, lockFile, files };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new TidegateError('TG_FILE_MISSING', `${path} cannot be read: ${String(error)}`, { cause: error });
  }
}
