import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KnownHosts } from '../../ssh/known-hosts';
import { loadPrivateKey, type PrivateKey } from '../../ssh/private-key';
import type { Target } from '../../ssh/target';

export interface SshdOptions {
  address?: string;
  port?: number;
  /** Types of its host keys; ed25519 alone when absent. */
  hostKeys?: ('ed25519' | 'ecdsa' | 'rsa')[];
  /** Further lines of sshd_config. */
  config?: string[];
}

/** A real sshd in the foreground, with its own configuration, host keys and one key that may log in as root. */
export class Sshd {
  private constructor(
    readonly folder: string,
    readonly address: string,
    readonly port: number,
    readonly process: ChildProcess,
    readonly log: () => string,
  ) {}

  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-sshd-'));
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const address = options.address ?? '127.0.0.1';
    const port = options.port ?? (await freePort(address));
    const types = options.hostKeys ?? ['ed25519'];
    for (const type of types) makeKey(join(folder, `host_${type}`), type);
    makeKey(join(folder, 'client'), 'ed25519');
    writeFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'client.pub')));
    writeFileSync(
      join(folder, 'sshd_config'),
      [
        `ListenAddress ${address}:${port}`,
        ...types.map((type) => `HostKey ${folder}/host_${type}`),
        `AuthorizedKeysFile ${folder}/authorized_keys`,
        'PidFile none',
        'PermitRootLogin prohibit-password',
        'PasswordAuthentication no',
        'StrictModes no',
        'UsePAM no',
        'UseDNS no',
        'LogLevel VERBOSE',
        // bash under sshd reads ~/.bashrc: root's own may do anything, and holds locks that our kills would leave.
        `SetEnv HOME=${folder} SHLVL=2`,
        ...(options.config ?? []),
        '',
      ].join('\n'),
    );
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const listening = 1 + (options.config ?? []).filter((line) => line.startsWith('ListenAddress')).length;
    let log = '';
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if ((log.match(/Server listening/g)?.length ?? 0) < listening) return;
        child.stderr.off('data', look);
        resolve();
      };
      child.stderr.on('data', look);
      child.once('exit', () => {
        rmSync(folder, { recursive: true, force: true });
        reject(new Error(`sshd ended: ${log}`));
      });
    });
    return new Sshd(folder, address, port, child, () => log);
  }

  /** @returns the public key blob of one of its host keys */
  hostKey(type = 'ed25519'): Buffer {
    return publicKey(join(this.folder, `host_${type}.pub`));
  }

  key(): Promise<PrivateKey> {
    return loadPrivateKey(join(this.folder, 'client'));
  }

  target(name = 'host1', changes: Partial<Target> = {}): Target {
    return { name, address: this.address, port: this.port, account: 'root', ...changes };
  }

  /** Writes a known_hosts file with these lines; by default its first host key for its address. */
  knownHosts(lines?: string[]): KnownHosts {
    const file = join(this.folder, 'known_hosts');
    writeFileSync(file, `${(lines ?? [this.knownHostsLine()]).join('\n')}\n`);
    return new KnownHosts([file]);
  }

  knownHostsLine(type = 'ed25519', names = `[${this.address}]:${this.port}`): string {
    return `${names} ${readFileSync(join(this.folder, `host_${type}.pub`), 'utf8').trim()}`;
  }

  /** Lets the key of another one's client log in here too. */
  trust(other: Sshd): void {
    appendFileSync(join(this.folder, 'authorized_keys'), readFileSync(join(other.folder, 'client.pub')));
  }

  /** PIDs of the processes that serve connections, and of what runs in them. */
  children(): number[] {
    return this.process.pid === undefined ? [] : descendants(this.process.pid);
  }

  killChildren(): void {
    for (const pid of this.children()) kill(pid);
  }

  /** Ends sshd, all that it started, and removes its folder. */
  async stop(): Promise<void> {
    const children = this.children();
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exited = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGKILL');
      await exited;
    }
    for (const pid of [...children, ...processesWithHome(this.folder)]) kill(pid);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Makes an OpenSSH key pair without passphrase. */
export function makeKey(file: string, type: string, comment = 'test'): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', comment, '-f', file]);
}

/** @returns the blob of a public key file */
export function publicKey(file: string): Buffer {
  return Buffer.from(readFileSync(file, 'utf8').split(' ')[1] ?? '', 'base64');
}

/** @returns a port that nothing listens on at `address` */
export function freePort(address = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, address, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : 0));
    });
  });
}

function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (const queue = [root]; queue.length > 0; ) {
    const next = children.get(queue.pop() ?? 0) ?? [];
    found.push(...next);
    queue.push(...next);
  }
  return found;
}

/** Commands outlive their connection by design; they are known by the HOME that this sshd gave them. */
function processesWithHome(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(`HOME=${folder}`));
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
