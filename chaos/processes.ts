import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from '../store/home';
import { type Server, startServer } from '../workers/temporal/server';
import { cli } from './source-folder';

/** As a service manager would (systemd's own RestartSec is 100 ms). */
const restartAfterMs = 1_000;

/** The secured worker, in a process of its own that is started again when it ends by itself. */
export class WorkerProcess {
  #child: ChildProcess | undefined;
  #wanted = false;
  /** What it said last when it ended by itself, each time. */
  readonly endedByItself: string[] = [];

  constructor(private readonly home: Home) {}

  /** Its process is there; whether it serves yet is another matter. */
  get isUp(): boolean {
    return this.#child !== undefined && isAlive(this.#child);
  }

  /** Resolves when it serves, or has ended: then it is started again in a while. */
  async start(): Promise<void> {
    this.#wanted = true;
    const log = openSync(join(this.home.state, 'worker.log'), 'a', 0o600);
    const child = spawn(process.execPath, [cli, 'worker', '--home', this.home.folder], {
      stdio: ['ignore', 'pipe', log],
    });
    closeSync(log);
    this.#child = child;
    child.once('exit', (code, signal) => void this.#ended(child, `exit ${code ?? signal}`));
    await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
    child.stdout!.resume();
  }

  /** Ends it, and does not start it again. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (!child || !isAlive(child)) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.isUp) this.#child!.kill(signal);
  }

  async #ended(child: ChildProcess, how: string): Promise<void> {
    if (!this.#wanted || child !== this.#child) return;
    this.endedByItself.push(`${new Date().toISOString()} ${how}`);
    await sleep(restartAfterMs);
    if (this.#wanted && child === this.#child) await this.start();
  }
}

/** The Temporal server, which comes back on the same ports with the same database. */
export class TemporalProcess {
  #server: Server;
  #isUp = true;
  readonly #ports: { port: number; uiPort: number };

  private constructor(
    private readonly home: Home,
    server: Server,
  ) {
    this.#server = server;
    this.#ports = { port: portOf(server.address), uiPort: portOf(server.uiUrl) };
  }

  static async start(home: Home): Promise<TemporalProcess> {
    return new TemporalProcess(home, await startServer(home));
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  async kill(): Promise<void> {
    this.#isUp = false;
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.ended;
  }

  async startAgain(): Promise<void> {
    this.#server = await startServer(this.home, this.#ports);
    this.#isUp = true;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#isUp) process.kill(this.#server.pid, signal);
  }

  async stop(): Promise<void> {
    this.signal('SIGCONT');
    await this.#server.stop();
  }
}

const portOf = (address: string) => Number(address.split(':').at(-1));
const isAlive = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;
