import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Looking at 70 processes takes 20 ms of a core that the contender could have: ten times as long is not looked. */
const [leastPauseMs, pausePerLook] = [20, 10];
const saidCharacters = 2_000;
const endPollMs = 20;
const endLimitMs = 10_000;
/** A tool that hangs is no reason to wait for ever. */
const commandLimitMs = 600_000;

/** What one round of one contender took. */
export interface Measured {
  readonly wallSeconds: number;
  /** Of everything on the client's side, user and system. */
  readonly cpuSeconds: number;
  /** Of everything on the client's side together; pages that processes share count once. */
  readonly peakMiB: number;
}

/**
 * The processes of one contender, in a cgroup of their own: whatever they start is counted too, also what stays
 * behind as a daemon, and all of it ends with the account.
 */
export class Account {
  static readonly #open = new Set<Account>();
  static #made = 0;
  readonly #folder: string;

  constructor() {
    Account.#made += 1;
    this.#folder = join(unifiedTree(), `tidegate-bench-${process.pid}-${Account.#made}`);
    mkdirSync(this.#folder);
    Account.#open.add(this);
  }

  /** Ends all that is left of all of them. */
  static async endAll(): Promise<void> {
    await Promise.all([...Account.#open].map((account) => account.end()));
  }

  /** Counts a process that runs already, and what it starts from now on. */
  add(pid: number): void {
    writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
  }

  /** Runs a command to its end. @throws with the last that it said, unless it ends with 0, and in ten minutes */
  async command(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const inside = 'echo $$ > "$0"; exec "$@"';
    const child = spawn('sh', ['-c', inside, join(this.#folder, 'cgroup.procs'), ...words], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: commandLimitMs,
    });
    let said = '';
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-saidCharacters);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const [code] = await once(child, 'exit');
    if (code === 0) return;
    const how =
      code === null ? `failed: not through after ${commandLimitMs / 60_000} min` : `ended with ${code}`;
    throw new Error(`${basename(words[0] ?? '')} … ${how}: ${said}`);
  }

  async measure(work: () => Promise<void>): Promise<Measured> {
    let peakMiB = 0;
    let timer: NodeJS.Timeout | undefined;
    const look = () => {
      const begunMs = performance.now();
      peakMiB = Math.max(peakMiB, this.#memoryMiB());
      const tookMs = performance.now() - begunMs;
      timer = setTimeout(look, Math.max(leastPauseMs, tookMs * pausePerLook));
    };
    look();
    const cpuBefore = this.#cpuSeconds();
    const begunMs = performance.now();
    try {
      await work();
      const wallSeconds = (performance.now() - begunMs) / 1_000;
      return { wallSeconds, cpuSeconds: this.#cpuSeconds() - cpuBefore, peakMiB };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends all that is left. */
  async end(): Promise<void> {
    writeFileSync(join(this.#folder, 'cgroup.kill'), '1');
    Account.#open.delete(this);
    for (let waitedMs = 0; !this.#removed(); waitedMs += endPollMs) {
      if (waitedMs >= endLimitMs) throw new Error(`processes of ${this.#folder} do not end`);
      await sleep(endPollMs);
    }
  }

  /** A group that still holds a dying process cannot be removed. */
  #removed(): boolean {
    try {
      rmdirSync(this.#folder);
      return true;
    } catch {
      return false;
    }
  }

  #cpuSeconds(): number {
    const stat = readFileSync(join(this.#folder, 'cpu.stat'), 'utf8');
    return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1e6;
  }

  #memoryMiB(): number {
    return this.#pids().reduce((sum, pid) => sum + memoryKiB(pid), 0) / 1024;
  }

  #pids(): string[] {
    return readFileSync(join(this.#folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
  }
}

/** proc(5): Pss, "proportional set size". */
function memoryKiB(pid: string): number {
  try {
    return Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // It ended meanwhile.
  }
}

/** cgroups(7): each group of the v2 tree has a cpu.stat, whatever is delegated. */
function unifiedTree(): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const tree = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
  if (tree === undefined) throw new Error('a cgroup v2 tree is needed to count CPU: none is mounted');
  return tree;
}
