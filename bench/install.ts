import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../lab/cache';

/** Debian's package → the program that it brings. */
const debianPackages: Readonly<Record<string, string>> = {
  clustershell: 'clush',
  pssh: 'parallel-ssh',
  pdsh: 'pdsh',
  'gnuplot-nox': 'gnuplot',
};
/** From PyPI, in versions that go together with each other and with Debian 12's Python. */
const pythonPackages = ['ansible-core==2.19.14', 'mitogen==0.3.54'];

/** Installs what is missing of the other tools: those of Debian by apt, those of PyPI into an environment of our own. */
export function installTools(tell: (line: string) => void): void {
  const missing = Object.keys(debianPackages).filter(
    (name) => versionOf(debianPackages[name]!) === undefined,
  );
  if (missing.length > 0) {
    tell(`installing ${missing.join(' ')}`);
    attempt(tell, () => {
      run('apt-get', 'update', '-qq');
      run('apt-get', 'install', '-qq', '-y', '--no-install-recommends', ...missing);
    });
  }
  if (versionOf(inEnvironment('ansible')) !== undefined && mitogenFolder() !== undefined) return;
  tell(`installing ${pythonPackages.join(' ')} into ${environment()}`);
  attempt(tell, () => {
    if (!existsSync('/usr/share/doc/python3-venv'))
      run('apt-get', 'install', '-qq', '-y', '--no-install-recommends', 'python3-venv');
    run('/usr/bin/python3', '-m', 'venv', environment());
    run(inEnvironment('pip'), 'install', '--quiet', ...pythonPackages);
  });
}

/** @returns the path of a program of the environment. */
export function inEnvironment(program: string): string {
  return join(environment(), 'bin', program);
}

/** @returns the version that a program says it has; undefined when it is not there */
export function versionOf(
  program: string,
  option = '--version',
  pattern = /\d+(\.\d+)+\w*/,
): string | undefined {
  const { error, stdout, stderr } = spawnSync(program, [option], { encoding: 'utf8' });
  if (error) return undefined;
  return pattern.exec(stdout + stderr)?.[0] ?? 'unknown';
}

/** @returns where mitogen's plugins for Ansible are; undefined when it is not there */
export function mitogenFolder(): string | undefined {
  return fromPython('import ansible_mitogen, os; print(os.path.dirname(ansible_mitogen.__file__))');
}

/** @returns the version of a package of the environment */
export function pythonPackageVersion(name: string): string | undefined {
  return fromPython(`from importlib.metadata import version; print(version('${name}'))`);
}

function fromPython(program: string): string | undefined {
  try {
    return execFileSync(inEnvironment('python3'), ['-c', program], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

const environment = () => join(cacheFolder(), 'bench', 'python');

/** What cannot be had is said in the tables; the others compete all the same. */
function attempt(tell: (line: string) => void, work: () => void): void {
  try {
    work();
  } catch (error) {
    tell(String(error instanceof Error ? error.message : error));
  }
}

function run(program: string, ...words: string[]): void {
  execFileSync(program, words, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
