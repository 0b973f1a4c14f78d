import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { TidegateError } from '../../model/errors';
import type { Recipe, RecipeLock, RecipePack } from '../../model/recipe';
import { script } from '../../ops/script';
import { quote } from '../../ssh/quote';
import type { Files, StoredFile } from '../../store/files';
import { runProgram } from '../../store/rpm/program';
import type { Control } from './control';

/** name → the bytes in the store. */
export type Sources = Readonly<Record<string, { readonly sha256: string; readonly sizeBytes: number }>>;

/** A mirror that is slow, and sources of hundreds of megabytes. */
const fetchTimeoutMs = 30 * 60_000;

/**
 * Brings every source of a recipe into the store, held to the checksums of its lock. What the store has already is
 * not fetched again.
 * @param control - of a platform of the recipe: its repositories are asked for the distribution's sources.
 * @throws TG_SOURCE_UNPINNED, TG_CHECKSUM_MISMATCH, TG_SOURCE_UNAVAILABLE.
 */
export async function fetchPinned(files: Files, pack: RecipePack, control: () => Control): Promise<Sources> {
  const pinned = pack.lock?.sources ?? pinnedInRecipe(pack.recipe);
  if (pinned === undefined)
    throw new TidegateError(
      'TG_SOURCE_UNPINNED',
      `the source of ${pack.recipe.package} is in no recipe.lock`,
    );
  if (pack.lock !== undefined && (await allKept(files, pack.lock.sources))) return pack.lock.sources;
  const fetched = await fetchUnpinned(files, pack, control);
  for (const name of new Set([...Object.keys(pinned), ...Object.keys(fetched)])) {
    const [want, have] = [pinned[name]?.sha256, fetched[name]?.sha256];
    if (want === have) continue;
    throw new TidegateError(
      'TG_CHECKSUM_MISMATCH',
      `${name}\n  pinned   ${want ?? 'no such file'}\n  fetched  ${have ?? 'no such file'}`,
    );
  }
  return fetched;
}

/** Fetches every source as it is now: for pinning, which writes down what it finds. */
export async function fetchUnpinned(
  files: Files,
  pack: RecipePack,
  control: () => Control,
): Promise<Sources> {
  const { source } = pack.recipe;
  if (typeof source === 'string') return fromDistribution(files, control(), source, pack.recipe.package);
  if ('deb-src' in source) return fromDistribution(files, control(), 'deb-src', source['deb-src']);
  if ('srpm' in source) return fromDistribution(files, control(), 'srpm', source.srpm);
  if ('git' in source) return { [sourceName(pack.recipe)]: named(await fromGit(files, pack.recipe, source)) };
  if ('url' in source) return { [sourceName(pack.recipe)]: named(await fromUrl(files, source.url)) };
  const digest = pack.files[source.file];
  const sizeBytes = digest === undefined ? undefined : await files.sizeBytes(digest);
  if (digest === undefined || sizeBytes === undefined)
    throw new TidegateError('TG_SOURCE_UNAVAILABLE', `${source.file} did not come with the recipe`);
  return { [sourceName(pack.recipe)]: { sha256: digest, sizeBytes } };
}

/** A checksum beside a URL or a file pins it as well as a lock does; the size is not known then. */
function pinnedInRecipe(recipe: Recipe): Record<string, { sha256: string }> | undefined {
  if (typeof recipe.source === 'string' || !('sha256' in recipe.source)) return undefined;
  return recipe.source.sha256 === undefined
    ? undefined
    : { [sourceName(recipe)]: { sha256: recipe.source.sha256 } };
}

function sourceName({ package: name, source }: Recipe): string {
  if (typeof source === 'object' && 'url' in source)
    return safeName(basename(new URL(source.url).pathname), name);
  if (typeof source === 'object' && 'file' in source) return safeName(basename(source.file), name);
  if (typeof source === 'object' && 'git' in source) return `${name}-${source.commit.slice(0, 12)}.tar`;
  return name;
}

/** What recipe.lock and a spec can name. */
const safeName = (name: string, otherwise: string) =>
  /^[A-Za-z0-9_][A-Za-z0-9._+~-]*$/.test(name) ? name : `${otherwise}.tar`;

async function allKept(files: Files, sources: RecipeLock['sources']): Promise<boolean> {
  for (const { sha256, sizeBytes } of Object.values(sources))
    if ((await files.sizeBytes(sha256)) !== sizeBytes) return false;
  return true;
}

async function fromDistribution(
  files: Files,
  control: Control,
  kind: 'deb-src' | 'srpm',
  wanted: string,
): Promise<Sources> {
  const lines = await control.ask({
    name: 'tidegate-fetch',
    script: script('build-fetch.sh'),
    words: [kind, wanted],
    root: false,
    timeoutMs: fetchTimeoutMs,
  });
  const folder = /^folder (\/\S+)$/.exec(lines[0] ?? '')?.[1];
  if (folder === undefined) throw control.error('TG_HOST_ANSWER', 'no folder of sources');
  const sources: Record<string, { sha256: string; sizeBytes: number }> = {};
  try {
    for (const line of lines.slice(1)) {
      const [, sha256 = '', size = '', name = ''] =
        /^source ([0-9a-f]{64}) (\d+) ([\w.+~^:-]+)$/.exec(line) ?? [];
      if (name === '') throw control.error('TG_HOST_ANSWER', `a source it cannot name: ${line}`);
      const stored = await control.read(files, `${folder}/${name}`, { root: false, sizeBytes: Number(size) });
      if (stored.digest !== sha256) throw control.error('TG_HOST_ANSWER', `${name} changed on its way`);
      sources[name] = named(stored);
    }
  } finally {
    await control.ask({
      name: 'tidegate-fetch-clean',
      script: `rm -rf ${quote(folder)}`,
      words: [],
      root: false,
      timeoutMs: fetchTimeoutMs,
    });
  }
  return sources;
}

/** http, https and file URLs. Proxies are those of Node (NODE_USE_ENV_PROXY where it knows it). */
async function fromUrl(files: Files, url: string): Promise<StoredFile> {
  try {
    if (url.startsWith('file:')) return await files.putFile(fileURLToPath(url));
    const answer = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) });
    if (!answer.ok || answer.body === null) throw new Error(`${answer.status} ${answer.statusText}`);
    return await files.putStream(Readable.fromWeb(answer.body as ReadableStream<Uint8Array>));
  } catch (error) {
    if (error instanceof TidegateError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    const why = error instanceof Error ? error.message : String(error);
    throw new TidegateError('TG_SOURCE_UNAVAILABLE', `${url}: ${[why, cause].filter(Boolean).join(': ')}`, {
      cause: error,
    });
  }
}

/** The tree of one commit as git archives it: the same commit gives the same bytes. */
async function fromGit(
  files: Files,
  recipe: Recipe,
  source: { git: string; commit: string },
): Promise<StoredFile> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-git-'));
  const archive = join(folder, 'source.tar');
  const git = async (...words: string[]) => {
    const { code, stderr } = await runProgram('git', ['-C', folder, ...words]);
    if (code !== 0)
      throw new TidegateError('TG_SOURCE_UNAVAILABLE', `${source.git}: ${stderr.trim().split('\n').at(-1)}`);
  };
  try {
    await git('init', '--quiet', '--bare', '.');
    await git('fetch', '--quiet', '--depth=1', '--', source.git, source.commit);
    await git(
      'archive',
      '--format=tar',
      `--prefix=${unpackedFolder(recipe)}/`,
      `--output=${archive}`,
      source.commit,
    );
    return await files.putStream(createReadStream(archive));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The folder that a recipe's source unpacks to. */
export const unpackedFolder = (recipe: Recipe) =>
  recipe.folder ?? (recipe.version === undefined ? recipe.package : `${recipe.package}-${recipe.version}`);

const named = ({ digest, sizeBytes }: StoredFile) => ({ sha256: digest, sizeBytes });
