import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TidegateError } from '../../model/errors';
import type { Files } from '../../store/files';
import { runProgram } from '../../store/rpm/program';
import { readRpm } from '../../store/rpm/read';
import type { Sources } from './sources';

/** What a distribution's source package says of itself, and the patches it carries. */
export interface DistributionSource {
  /** Without epoch and revision, and the revision; of its .dsc. */
  readonly version?: string;
  readonly revision?: string;
  /** Sources that go into SOURCES, in order: the one to unpack first. */
  readonly sources: readonly string[];
  /** @returns the bytes of `debian/patches/NAME`, or undefined when there is none of that name. */
  patch(path: string): Promise<Buffer | undefined>;
  /** Paths of the patches that the distribution itself applies, in its order. */
  series(): Promise<string[]>;
}

/**
 * Reads a Debian source package (dsc(5), format 3.0 (quilt)) from the store.
 * @throws TG_RECIPE_INVALID when its format has no debian/patches to choose from.
 */
export async function readDebianSource(files: Files, sources: Sources): Promise<DistributionSource> {
  const names = Object.keys(sources);
  const dsc = names.find((name) => name.endsWith('.dsc'));
  const packaging = names.find((name) => /\.debian\.tar\.\w+$/.test(name));
  if (dsc === undefined) throw new TidegateError('TG_RECIPE_INVALID', `no .dsc among ${names.join(', ')}`);
  const text = (await files.get(digestOf(sources, dsc))).toString();
  const full = /^Version: (?:\d+:)?(\S+)$/m.exec(text)?.[1] ?? '';
  const dash = full.lastIndexOf('-');
  const origs = names.filter((name) => /\.orig(-[\w-]+)?\.tar\.\w+$/.test(name));
  const main = origs.find((name) => /\.orig\.tar\.\w+$/.test(name));
  const tarballs =
    main === undefined
      ? names.filter((name) => name.includes('.tar.'))
      : [main, ...origs.filter((name) => name !== main)];
  const packagingTar = async (...words: string[]) => {
    if (packaging === undefined)
      throw new TidegateError(
        'TG_RECIPE_INVALID',
        `${dsc} has no .debian.tar: its patches cannot be chosen from`,
      );
    const file = files.path(digestOf(sources, packaging));
    const all = ['--extract', '--to-stdout', '--file', file, ...compression(packaging), ...words];
    return runProgram('tar', all, { encoding: 'latin1' });
  };
  return {
    version: dash < 0 ? full : full.slice(0, dash),
    revision: dash < 0 ? undefined : full.slice(dash + 1),
    sources: [...new Set([...tarballs, ...(packaging === undefined ? [] : [packaging])])],
    async patch(path) {
      const { code, stdout } = await packagingTar('--', path);
      return code === 0 ? Buffer.from(stdout, 'latin1') : undefined;
    },
    async series() {
      const { code, stdout } = await packagingTar('--', 'debian/patches/series');
      if (code !== 0)
        throw new TidegateError('TG_RECIPE_INVALID', `${packaging} has no debian/patches/series`);
      return stdout
        .split('\n')
        .map((line) => line.replace(/(^|\s)#.*/, '').trim())
        .filter((line) => line !== '')
        .map((line) => seriesPath(line));
    },
  };
}

/**
 * Unpacks an SRPM as rpm does. @returns its spec, and the folder its sources are in.
 * @throws TG_RECIPE_INVALID for a package that is not one: `rpm -i` would install it on the secured instance (Debian's
 * refuses, others do not).
 */
export async function unpackSrpm(
  path: string,
  folder: string,
): Promise<{ spec: string; specName: string; sources: string }> {
  if ((await readRpm(path)).rpm.arch !== 'src')
    throw new TidegateError('TG_RECIPE_INVALID', 'the source package is a package to install, not a source');
  await mkdir(folder, { recursive: true });
  const words = [
    '-i',
    '--nosignature',
    '--dbpath',
    join(folder, 'db'),
    '--define',
    `_topdir ${folder}`,
    path,
  ];
  const { code, stderr } = await runProgram('rpm', words);
  if (code !== 0)
    throw new TidegateError('TG_RPM_DAMAGED', `the source package: ${stderr.trim().split('\n').at(-1)}`);
  const specs = (await readdir(join(folder, 'SPECS'))).filter((name) => name.endsWith('.spec'));
  const [specName] = specs;
  if (specName === undefined || specs.length > 1)
    throw new TidegateError(
      'TG_RECIPE_INVALID',
      `the source package has ${specs.length} specs: name one in the recipe`,
    );
  return {
    spec: await readFile(join(folder, 'SPECS', specName), 'utf8'),
    specName: basename(specName),
    sources: join(folder, 'SOURCES'),
  };
}

function seriesPath(line: string): string {
  const [name = '', option] = line.split(/\s+/);
  if (option !== undefined && option !== '-p1')
    throw new TidegateError(
      'TG_RECIPE_INVALID',
      `debian/patches/series: ${line}: only patches made with -p1 are applied`,
    );
  return `debian/patches/${name}`;
}

/** The stored file has no name that tar could tell the compression from. */
function compression(name: string): string[] {
  if (name.endsWith('.xz')) return ['--xz'];
  if (name.endsWith('.gz')) return ['--gzip'];
  if (name.endsWith('.bz2')) return ['--bzip2'];
  return name.endsWith('.zst') ? ['--zstd'] : [];
}

function digestOf(sources: Sources, name: string): string {
  const source = sources[name];
  if (source === undefined) throw new TidegateError('TG_INTERNAL', `no source ${name}`);
  return source.sha256;
}
