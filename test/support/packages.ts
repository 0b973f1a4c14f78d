import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeArtifact } from '../../activities/build/keep';
import type { Rpm } from '../../model/artifact';
import { Artifacts } from '../../store/artifacts';
import { Files } from '../../store/files';
import type { Home } from '../../store/home';
import { Ledger } from '../../store/ledger';
import { runProgram } from '../../store/rpm/program';
import { readRpm } from '../../store/rpm/read';

/** A signing key of its own, made by gpg; `remove` also ends gpg's agent. */
export interface TestKey {
  readonly gnupgHome: string;
  readonly name: string;
  readonly publicFile: string;
  remove(): Promise<void>;
}

export async function makeKey(owner: string, algorithm = 'rsa2048'): Promise<TestKey> {
  const gnupgHome = await mkdtemp(join(tmpdir(), 'tg-gpg-'));
  const gpg = (...words: string[]) => must('gpg', ['--homedir', gnupgHome, '--batch', ...words]);
  await gpg('--passphrase', '', '--quick-generate-key', owner, algorithm, 'sign', 'never');
  const publicFile = join(gnupgHome, 'public.asc');
  await gpg('--armor', '--output', publicFile, '--export', owner);
  return {
    gnupgHome,
    name: owner,
    publicFile,
    remove: async () => {
      await must('gpgconf', ['--homedir', gnupgHome, '--kill', 'gpg-agent']);
      await rm(gnupgHome, { recursive: true, force: true });
    },
  };
}

/** A package of a test: `/opt/NAME/version` holds its version, and more of its header when asked. */
export interface TestPackage {
  readonly name: string;
  readonly version: string;
  readonly release?: string;
  readonly epoch?: number;
  readonly arch?: string;
  readonly vendor?: string;
  /** Shell of a scriptlet. */
  readonly pre?: string;
  readonly post?: string;
  /** Lines of the spec's preamble: `Obsoletes: unzip < 6`. */
  readonly preamble?: readonly string[];
  /** Where a copy of sleep(1) is packaged, for something to run. */
  readonly program?: string;
  /** More files, by path, with the text they hold. */
  readonly files?: Readonly<Record<string, string>>;
  /** Those of them that are configuration files: kept when somebody edited them. */
  readonly configs?: readonly string[];
}

/** Builds a package with rpmbuild, unsigned. @returns the path of the RPM below `folder`. */
export async function makeRpm(folder: string, given: TestPackage): Promise<string> {
  const { name, version, release = '1', arch = 'noarch', files = {}, program } = given;
  const id = `${name}-${version}-${release}`;
  const spec = [
    '%global debug_package %{nil}',
    '%global _binaries_in_noarch_packages_terminate_build 0',
    `Name: ${name}`,
    ...(given.epoch === undefined ? [] : [`Epoch: ${given.epoch}`]),
    `Version: ${version}`,
    `Release: ${release}`,
    'Summary: for a test',
    'License: none',
    ...(given.vendor === undefined ? [] : [`Vendor: ${given.vendor}`]),
    ...(arch === 'noarch' ? ['BuildArch: noarch'] : []),
    ...(given.preamble ?? []),
    '%description\nfor a test',
    `%install\nmkdir -p %{buildroot}/opt/${name}\necho ${version} > %{buildroot}/opt/${name}/version`,
    ...Object.entries(files).map(
      ([path, text]) => `mkdir -p $(dirname %{buildroot}${path})\nprintf %s '${text}' >%{buildroot}${path}`,
    ),
    ...(program === undefined ? [] : [`cp /bin/sleep %{buildroot}${program}`]),
    ...(given.pre === undefined ? [] : [`%pre -p /bin/sh\n${given.pre}`]),
    ...(given.post === undefined ? [] : [`%post -p /bin/sh\n${given.post}`]),
    `%files\n/opt/${name}`,
    ...Object.keys(files).map((file) =>
      given.configs?.includes(file) ? `%config(noreplace) ${file}` : file,
    ),
  ];
  const [path] = await buildSpec(folder, id, spec, arch);
  return path!;
}

/** Runs rpmbuild on a spec. @returns the paths of the RPMs, below `folder`. */
export async function buildSpec(
  folder: string,
  id: string,
  spec: readonly string[],
  arch = 'noarch',
): Promise<string[]> {
  const topFolder = join(folder, id);
  await mkdir(topFolder, { recursive: true });
  const file = join(topFolder, `${id}.spec`);
  await writeFile(file, `${spec.join('\n')}\n`);
  await must('rpmbuild', [
    ...['-bb', '--nodeps', '--define', `_topdir ${topFolder}`, '--define', `_dbpath ${folder}/db`],
    ...['--target', arch, file],
  ]);
  const built = join(topFolder, 'RPMS', arch);
  return (await readdir(built)).sort().map((name) => join(built, name));
}

/** Signs an RPM file in place, as a vendor would. @returns its path. */
export async function signInPlace(path: string, key: Pick<TestKey, 'gnupgHome' | 'name'>): Promise<string> {
  await must('rpmsign', [
    ...['--define', '__gpg /usr/bin/gpg', '--define', `_gpg_path ${key.gnupgHome}`],
    ...['--define', `_gpg_name ${key.name}`, '--addsign', path],
  ]);
  return path;
}

/** Puts a signed package in the store of a home, recorded as an artifact. */
export async function keepPackage(
  home: Home,
  path: string,
  platform = 'debian12-x86_64',
): Promise<{ rpm: Rpm; file: Buffer }> {
  const { rpm } = await readRpm(path);
  const file = await readFile(path);
  const files = new Files(home.files);
  await files.put(file);
  const artifact = makeArtifact({
    package: rpm.name,
    platforms: { [platform]: [rpm] },
    origin: 'built',
    signedBy: 'tests',
    createdAt: new Date().toISOString(),
  });
  const ledger = await Ledger.open(home.ledger);
  await (await Artifacts.open(ledger, files)).add(artifact, { name: 'tests', proof: 'claimed' });
  await ledger.close();
  return { rpm, file };
}

async function must(program: string, words: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runProgram(program, words);
  if (code !== 0) throw new Error(`${program} ${words.join(' ')}: exit ${code}\n${stdout}${stderr}`);
}
