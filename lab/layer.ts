import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { layersFolder } from './cache';
import { imageFile } from './image-files';
import { type OnProgress, step } from './progress';

/** A folder of the cache that is made once. */
interface LayerRecipe {
  readonly name: string;
  /** Files of lab/image that it is made by. */
  readonly files: readonly string[];
  /** What else it depends on: packages, sources, the layers below. */
  readonly words: readonly string[];
  readonly estimateSeconds: number;
  /** Fills `temporary`; `work` is an empty folder of the same filesystem that is thrown away. */
  make(temporary: string, work: string): Promise<void>;
}

/**
 * Makes a layer, or finds it in the cache: its name carries a digest of its recipe. It is made in a temporary
 * folder and renamed when whole. The caller holds the cache's lock.
 * @returns its folder
 */
export async function layer(recipe: LayerRecipe, onProgress?: OnProgress): Promise<string> {
  const folder = join(layersFolder(), `${recipe.name}-${await digestOf(recipe)}`);
  if (existsSync(folder)) {
    await utimes(folder, new Date(), new Date());
    return folder;
  }
  const temporary = `${folder}.${randomBytes(4).toString('hex')}.tmp`;
  const work = `${temporary}-work`;
  await mkdir(temporary, { mode: 0o755 });
  await mkdir(work);
  try {
    await step(onProgress, `golden image: ${recipe.name}`, recipe.estimateSeconds, () =>
      recipe.make(temporary, work),
    );
    await rename(temporary, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** Removes what a killed run left. Nobody else makes layers while the caller holds the cache's lock. */
export async function removeLeftovers(): Promise<void> {
  const names = (await readdir(layersFolder())).filter((name) => /\.tmp(-work)?$/.test(name));
  for (const name of names) await rm(join(layersFolder(), name), { recursive: true, force: true });
}

/** A layer of an older recipe that nobody asked for this long is not asked for again. */
const unusedForMs = 7 * 24 * 60 * 60 * 1000;

/** Removes layers that nothing has used for a week. The caller holds the cache's lock. @param kept still in use */
export async function removeUnused(kept: ReadonlySet<string>): Promise<void> {
  for (const name of (await readdir(layersFolder())).filter((each) => /-[0-9a-f]{16}$/.test(each))) {
    const folder = join(layersFolder(), name);
    const unusedMs = Date.now() - (await stat(folder)).mtimeMs;
    if (unusedMs > unusedForMs && !kept.has(folder)) await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the file that a layer's recipe prints to. */
export function layerLog(name: string): string {
  return join(layersFolder(), `${name}.log`);
}

async function digestOf({ files, words }: LayerRecipe): Promise<string> {
  const hash = createHash('sha256');
  for (const name of files) hash.update(`${name}\0`).update(await readFile(imageFile(name)));
  for (const word of words) hash.update(`${word}\0`);
  return hash.digest('hex').slice(0, 16);
}
