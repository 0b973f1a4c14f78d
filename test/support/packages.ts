import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../store/rpm/program';

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

/** Builds a package of one file with rpmbuild, unsigned. @returns the path of the RPM below `folder`. */
export async function makeRpm(
  folder: string,
  given: {
    name: string;
    version: string;
    release: string;
    epoch?: number;
    arch?: string;
    vendor?: string;
    text?: string;
  },
): Promise<string> {
  const id = `${given.name}-${given.version}-${given.release}`;
  const spec = join(folder, `${id}.spec`);
  const arch = given.arch ?? 'noarch';
  await mkdir(folder, { recursive: true });
  await writeFile(
    spec,
    [
      '%global debug_package %{nil}',
      `Name: ${given.name}`,
      ...(given.epoch === undefined ? [] : [`Epoch: ${given.epoch}`]),
      `Version: ${given.version}`,
      `Release: ${given.release}`,
      'Summary: for a test',
      'License: none',
      ...(given.vendor === undefined ? [] : [`Vendor: ${given.vendor}`]),
      ...(arch === 'noarch' ? ['BuildArch: noarch'] : []),
      '%description\nfor a test',
      `%install\nmkdir -p %{buildroot}/opt\nprintf %s '${given.text ?? id}' > %{buildroot}/opt/${given.name}`,
      `%files\n/opt/${given.name}`,
      '',
    ].join('\n'),
  );
  const topFolder = join(folder, id);
  await must('rpmbuild', [
    '-bb',
    ...['--define', `_topdir ${topFolder}`, '--define', `_dbpath ${folder}/db`, '--target', arch, spec],
  ]);
  const [file] = await readdir(join(topFolder, 'RPMS', arch));
  return join(topFolder, 'RPMS', arch, file ?? '');
}

/** Signs an RPM file in place, as a vendor would. */
export async function signInPlace(path: string, key: TestKey): Promise<void> {
  await must('rpmsign', [
    ...['--define', '__gpg /usr/bin/gpg', '--define', `_gpg_path ${key.gnupgHome}`],
    ...['--define', `_gpg_name ${key.name}`, '--addsign', path],
  ]);
}

async function must(program: string, words: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runProgram(program, words);
  if (code !== 0) throw new Error(`${program} ${words.join(' ')}: exit ${code}\n${stdout}${stderr}`);
}
