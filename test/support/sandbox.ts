import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A root of its own over this machine's: an overlay in its own mount and PID namespace. What is installed in it
 * touches nothing outside. For the shell that runs on hosts, without a lab.
 */
export class Sandbox {
  private constructor(
    readonly folder: string,
    private readonly pid: number,
  ) {}

  static async start(): Promise<Sandbox> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-sandbox-'));
    const script = `
      mount -t tmpfs tmpfs ${folder} && mkdir ${folder}/upper ${folder}/work ${folder}/root &&
      mount -t overlay overlay -o lowerdir=/,upperdir=${folder}/upper,workdir=${folder}/work ${folder}/root &&
      mount -t proc proc ${folder}/root/proc && mount -t tmpfs tmpfs ${folder}/root/tmp &&
      mount --rbind /dev ${folder}/root/dev && rm -rf ${folder}/root/var/lib/rpm &&
      mkdir -p ${folder}/root/etc/rpm ${folder}/root/run/systemd && umount -l ${folder}/root/run 2>/dev/null
      echo '%_dbpath /var/lib/rpm' >${folder}/root/etc/rpm/macros
      chroot ${folder}/root rpm --initdb
      echo ready; exec chroot ${folder}/root sleep infinity`;
    const child = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => chunk.includes('ready') && resolve());
      child.once('exit', (code) => reject(new Error(`sandbox: exit ${code}`)));
    });
    const [inner] = execFileSync('pgrep', ['-P', String(child.pid)])
      .toString()
      .trim()
      .split('\n');
    return new Sandbox(folder, Number(inner));
  }

  /** Runs shell as root in the sandbox. */
  run(
    shell: string,
    input: string | Buffer = '',
    words: string[] = [],
  ): { code: number | null; out: string; err: string } {
    const done = spawnSync(
      'nsenter',
      ['-t', String(this.pid), '-m', '-p', '-r', '-w', '/bin/sh', '-c', shell, 'sandbox', ...words],
      {
        input,
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
      },
    );
    return { code: done.status, out: done.stdout.toString(), err: done.stderr.toString() };
  }

  stop(): void {
    process.kill(this.pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An OpenPGP key of a test's own. @returns its home and a file with the public key. */
export function makeSigner(folder: string): { home: string; publicKey: string } {
  const home = join(folder, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const gpg = (...words: string[]) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--passphrase', '', ...words]);
  gpg('--quick-generate-key', 'tests', 'rsa2048', 'sign', 'never');
  const publicKey = join(folder, 'public.asc');
  writeFileSync(publicKey, gpg('--armor', '--export'));
  execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
  return { home, publicKey };
}

/** Signs an RPM in place, as Debian's rpm 4.18 must be told to. */
export function sign(signer: { home: string }, path: string): string {
  const defines = ['__gpg /usr/bin/gpg', `_gpg_path ${signer.home}`, '_gpg_name tests'].flatMap((define) => [
    '--define',
    define,
  ]);
  execFileSync('rpmsign', [...defines, '--addsign', path], { stdio: 'ignore' });
  execFileSync('gpgconf', ['--homedir', signer.home, '--kill', 'gpg-agent']);
  return path;
}

/** Builds a real RPM with a file in /opt, and scriptlets when asked. @returns its path. */
export function buildRpm(
  folder: string,
  given: { version: string; release?: string; name?: string; post?: string; pre?: string },
): string {
  const name = given.name ?? 'tgtest';
  const top = join(folder, `rpmbuild-${name}-${given.version}`);
  mkdirSync(join(top, 'SPECS'), { recursive: true });
  const spec = join(top, 'SPECS', `${name}.spec`);
  writeFileSync(
    spec,
    [
      `Name: ${name}`,
      `Version: ${given.version}`,
      `Release: ${given.release ?? '1'}`,
      'Summary: a package for tests',
      'License: none',
      'BuildArch: noarch',
      '%description',
      'For tests.',
      '%install',
      'mkdir -p %{buildroot}/opt/%{name}',
      'echo %{version} > %{buildroot}/opt/%{name}/version',
      ...(given.pre ? ['%pre -p /bin/sh', given.pre] : []),
      ...(given.post ? ['%post -p /bin/sh', given.post] : []),
      '%files',
      '/opt/%{name}',
      '',
    ].join('\n'),
  );
  execFileSync(
    'rpmbuild',
    ['-bb', '--quiet', '--define', `_topdir ${top}`, '--define', '_dbpath /nowhere', '--nodeps', spec],
    { stdio: 'ignore' },
  );
  const [file] = readdirSync(join(top, 'RPMS/noarch'));
  return join(top, 'RPMS/noarch', file!);
}
