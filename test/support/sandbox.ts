import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOperationAnswer, parseStageAnswer } from '../../model/host-answer';
import { type GivenOperation, operationText, operationWords, stageText, stageWords } from './operation';

/**
 * A root of its own over this machine's: an overlay in its own mount and PID namespace. What is installed in it
 * touches nothing outside. For the shell that runs on hosts, without a lab.
 */
export class Sandbox {
  /** A folder of cgroups that whatever is run next is put in. */
  group: string | undefined;

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
    const words = ['--mount', '--pid', '--fork', '--kill-child'];
    // Whatever ends the test's process ends the sandbox: left behind, it would hold the addresses of the next run.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...words, 'sh', '-c', script], {
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
    const joins = this.group === undefined ? '' : `echo $$ >${this.group}/cgroup.procs && `;
    const entered = [...this.entrance(), '/bin/sh', '-c', shell, 'sandbox', ...words];
    const done = spawnSync('/bin/sh', ['-c', `${joins}exec nsenter "$@"`, 'sandbox', ...entered], {
      input,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
    });
    return { code: done.status, out: done.stdout.toString(), err: done.stderr.toString() };
  }

  /** @param publicFile - an OpenPGP key that its rpm trusts from now on. */
  trust(publicFile: string): void {
    this.run('cat >/var/tmp/key && rpmkeys --import /var/tmp/key', readFileSync(publicFile));
  }

  /** Brings packages and looks, as a worker does before it begins. */
  stage(...[names, mode, files]: Parameters<typeof stageWords>) {
    const { out } = this.run(stageText(), Buffer.concat(files), stageWords(names, mode, files));
    return parseStageAnswer(out);
  }

  /** Begins an operation, or attaches to one, as a worker does. @param given.first - shell that comes before ours. */
  operate(
    verb: 'BEGIN' | 'ATTACH',
    id: string,
    request: string,
    { first = '', ...given }: GivenOperation & { readonly first?: string } = {},
  ) {
    const input = verb === 'BEGIN' ? request : '';
    const { out } = this.run(first + operationText(), input, operationWords(verb, id, request, given));
    return parseOperationAnswer(out);
  }

  /** nsenter's words for being in it. */
  entrance(): string[] {
    return ['-t', String(this.pid), '-m', '-p', '-r', '-w'];
  }

  stop(): void {
    process.kill(this.pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
