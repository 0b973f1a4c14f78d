import type { RecipePack } from '../model/recipe';
import type { Files } from '../store/files';
import type { LoadedRecipe } from './recipe';

/** Puts a recipe with its lock and files into the store. @returns the digest by which the worker is handed it. */
export async function packRecipe(
  files: Files,
  { recipe, lock, files: beside }: Pick<LoadedRecipe, 'recipe' | 'lock' | 'files'>,
): Promise<string> {
  const pack: { -readonly [Key in keyof RecipePack]: RecipePack[Key] } = { recipe, lock, files: {} };
  for (const [path, bytes] of beside) pack.files[path] = await files.put(bytes);
  return files.putJson(pack);
}
