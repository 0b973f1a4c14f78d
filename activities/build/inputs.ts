import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TidegateError } from '../../model/errors';
import { type Recipe, type RecipePack, sourceKind } from '../../model/recipe';
import { amendSpec, generateSpec } from '../../model/spec';
import type { Files } from '../../store/files';
import { runProgram } from '../../store/rpm/program';
import { fileDigest } from '../../store/rpm/read';
import { type DistributionSource, readDebianSource, unpackSrpm } from './distribution';
import { type Sources, unpackedFolder } from './sources';

/** Where a build sees its files on the control instance (ops/build-runner.sh), whatever its ID. */
const workFolder = '/var/lib/tidegate-build/work';

/** Everything that a build is made from, as one file: the same recipe gives the same bytes. */
export interface BuildInputs {
  /** Digest, in the store, of the tar file. */
  readonly bundle: string;
  /** Digest of the spec that is built. */
  readonly spec: string;
  readonly patches: readonly { readonly name: string; readonly sha256: string }[];
  readonly macros: string;
  readonly sourceDateEpoch: number;
}

/**
 * Lays out what rpmbuild needs (sources, patches, the spec amended or made, our macros) and packs it.
 * @throws TG_RECIPE_INVALID for a patch that is nowhere, or two of one name; TG_PATCH_FAILED (model/spec.ts).
 */
export async function makeInputs(files: Files, pack: RecipePack, sources: Sources): Promise<BuildInputs> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-inputs-'));
  try {
    const laidOut = await layOut(files, pack, sources, join(folder, 'tree'), join(folder, 'srpm'));
    const bundlePath = join(folder, 'bundle.tar');
    await packTree(join(folder, 'tree'), bundlePath);
    return { ...laidOut, bundle: (await files.putFile(bundlePath)).digest };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function layOut(files: Files, pack: RecipePack, sources: Sources, tree: string, scratch: string) {
  const { recipe } = pack;
  const sourceFolder = join(tree, 'SOURCES');
  await mkdir(sourceFolder, { recursive: true });
  await mkdir(join(tree, 'SPECS'));
  const kind = sourceKind(recipe.source);
  const debian = kind === 'deb-src' ? await readDebianSource(files, sources) : undefined;
  const names = debian?.sources ?? Object.keys(sources);
  const srpm = kind === 'srpm' ? await takeSrpm(files, sources, sourceFolder, scratch) : undefined;
  if (srpm === undefined)
    for (const name of names)
      await copyFile(files.path(sources[name]?.sha256 ?? ''), join(sourceFolder, name));
  const patches = await layOutPatches(files, pack, debian, sourceFolder);
  const spec = await writeSpec(files, pack, { debian, srpm, sources: names, patches });
  await writeFile(join(tree, 'SPECS', `${recipe.package}.spec`), spec);
  const macros = macrosOf(recipe);
  await writeFile(join(tree, 'macros'), macros);
  const sourceDateEpoch = epochOf(pack);
  await writeFile(join(tree, 'epoch'), String(sourceDateEpoch));
  const digests = patches.map(async (name) => ({ name, sha256: await fileDigest(join(sourceFolder, name)) }));
  return { spec: await files.put(spec), patches: await Promise.all(digests), macros, sourceDateEpoch };
}

async function takeSrpm(files: Files, sources: Sources, sourceFolder: string, scratch: string) {
  const name = Object.keys(sources).find((name) => name.endsWith('.src.rpm'));
  if (name === undefined)
    throw new TidegateError('TG_RECIPE_INVALID', `no .src.rpm among ${Object.keys(sources).join(', ')}`);
  const srpm = await unpackSrpm(files.path(sources[name]?.sha256 ?? ''), scratch);
  for (const file of await readdir(srpm.sources))
    await copyFile(join(srpm.sources, file), join(sourceFolder, file));
  return srpm;
}

/** @returns the patches' names in SOURCES, in the order in which they are applied. */
async function layOutPatches(
  files: Files,
  pack: RecipePack,
  debian: DistributionSource | undefined,
  sourceFolder: string,
): Promise<string[]> {
  const paths: string[] = [];
  for (const path of pack.recipe.patches)
    paths.push(...(path === 'debian/patches/series' && debian ? await debian.series() : [path]));
  const names: string[] = [];
  for (const path of paths) {
    const name = basename(path);
    if (names.includes(name)) throw new TidegateError('TG_RECIPE_INVALID', `two patches are called ${name}`);
    names.push(name);
    const beside = pack.files[path];
    const bytes = beside === undefined ? await debian?.patch(path) : await files.get(beside);
    if (bytes !== undefined) await writeFile(join(sourceFolder, name), bytes);
    else if (!(await readdir(sourceFolder)).includes(name))
      throw new TidegateError(
        'TG_RECIPE_INVALID',
        `the patch ${path} is neither beside the recipe nor in its source`,
      );
  }
  return names;
}

async function writeSpec(
  files: Files,
  pack: RecipePack,
  given: {
    debian?: DistributionSource;
    srpm?: { spec: string };
    sources: readonly string[];
    patches: readonly string[];
  },
): Promise<string> {
  const { recipe } = pack;
  const { debian, srpm, patches } = given;
  const ours = debian?.revision === undefined ? undefined : `${debian.revision}.1`;
  if (recipe.install !== undefined)
    return generateSpec(recipe, {
      version: needed(recipe.version ?? debian?.version, 'version'),
      release: needed(recipe.release ?? ours, 'release'),
      sources: given.sources,
      patches,
      folder: unpackedFolder({ ...recipe, version: recipe.version ?? debian?.version }),
    });
  const digest = recipe.spec === undefined ? undefined : pack.files[recipe.spec];
  const text = digest === undefined ? srpm?.spec : (await files.get(digest)).toString();
  if (text === undefined)
    throw new TidegateError('TG_RECIPE_INVALID', `${recipe.spec} did not come with the recipe`);
  return amendSpec(text, {
    version: recipe.version,
    release: recipe.release,
    raiseRelease: srpm !== undefined,
    patches,
  });
}

function needed(value: string | undefined, key: string): string {
  if (value !== undefined) return value;
  throw new TidegateError('TG_RECIPE_INVALID', `${key} is needed: the source does not say`);
}

/** What makes two builds of one recipe equal (reference: rpm's macros file), and the Vendor tag. */
function macrosOf(recipe: Recipe): string {
  return [
    `%_topdir ${workFolder}`,
    '%_rpmfilename %%{ARCH}/%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    '%_buildhost tidegate',
    '%use_source_date_epoch_as_buildtime 1',
    '%source_date_epoch_from_changelog 0',
    // The first is rpm's name for it up to 4.19, the second from 4.20 on.
    '%clamp_mtime_to_source_date_epoch 1',
    '%build_mtime_policy clamp_to_source_date_epoch',
    ...(recipe.vendor === undefined ? [] : [`%vendor ${recipe.vendor}`]),
    '',
  ].join('\n');
}

function epochOf({ recipe, lock }: RecipePack): number {
  const date = recipe.date ?? lock?.date;
  if (date === undefined)
    throw new TidegateError(
      'TG_SOURCE_UNPINNED',
      `${recipe.package} has no date: neither recipe nor recipe.lock says`,
    );
  return Math.floor(Date.parse(date) / 1000);
}

/** tar with everything fixed that is not content (reproducible-builds.org/docs/archives). */
async function packTree(tree: string, path: string): Promise<void> {
  const fixed = [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ];
  const { code, stderr } = await runProgram('tar', [
    '--create',
    '--format=gnu',
    ...fixed,
    '--file',
    path,
    '-C',
    tree,
    '.',
  ]);
  if (code !== 0) throw new TidegateError('TG_INTERNAL', `tar: ${stderr.trim()}`);
}

/** What a build is called on the control instance: by all that goes into it, and how it is run. */
export function buildId(inputs: BuildInputs, platform: string, runner: string): string {
  return createHash('sha256').update(`${inputs.bundle}\n${platform}\n${runner}`).digest('hex').slice(0, 32);
}
