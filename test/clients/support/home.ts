import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Files } from '../../../store/files';
import { type Home, homeAt } from '../../../store/home';
import { Ledger } from '../../../store/ledger';
import { type BookBuilder, list, plan } from './rollout';

/** The command line as it is shipped: `npm test` builds it first. */
export const cli = join(__dirname, '../../../dist/clients/cli.js');

/** A home of 40 hosts without a worker, and the command line in it. */
export class TestHome {
  readonly home: Home;

  constructor() {
    this.home = homeAt(mkdtempSync(join(tmpdir(), 'tidegate-cli-')));
    const hosts = list.map(({ name, domain }, index) => [
      name,
      { address: `192.0.2.${index + 1}`, labels: { domain, app: index < 20 ? 'web' : 'db' } },
    ]);
    const file = {
      fleet: 'prod',
      control: { 'debian12-x86_64': 'web001' },
      hosts: Object.fromEntries(hosts),
    };
    writeFileSync(this.home.fleetFile, JSON.stringify(file));
  }

  /** Runs a command line to its end, in a pipe. */
  run(...words: string[]): { code: number | null; out: string; err: string } {
    return this.runWith({}, ...words);
  }

  /** The same, with variables beside the few that every command line of the tests has. */
  runWith(
    environment: NodeJS.ProcessEnv,
    ...words: string[]
  ): { code: number | null; out: string; err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
      encoding: 'utf8',
      env: { ...this.environment(), ...environment },
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** Runs a shell line on a terminal of 80 columns; `tidegate` is the command. */
  onTerminal(line: string, input = ''): string {
    const { stdout } = spawnSync(
      'script',
      ['-qec', `stty cols 80; tidegate() { node ${cli} "$@"; }; ${line}`, '/dev/null'],
      {
        encoding: 'utf8',
        input,
        env: { ...this.environment(), TERM: 'xterm', NO_COLOR: '', SHELL: '/bin/sh' },
      },
    );
    return stdout.replaceAll('\r\n', '\n');
  }

  /** Starts a command line and leaves it running. */
  start(...words: string[]) {
    return spawn(process.execPath, [cli, ...words], {
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Writes a rollout into the store as the worker would. */
  async keep(book: BookBuilder): Promise<void> {
    const files = new Files(this.home.files);
    const digest = await files.putJson({ ...plan, list: await files.putJson(list) });
    const ledger = await Ledger.open(this.home.ledger);
    await ledger.appendAll(
      book.rollout,
      book.entries.map((entry) => (entry.kind === 'started' ? { ...entry, plan: digest } : entry)),
    );
    await ledger.close();
  }

  async append(book: BookBuilder, from: number): Promise<void> {
    const ledger = await Ledger.open(this.home.ledger);
    await ledger.appendAll(book.rollout, book.entries.slice(from));
    await ledger.close();
  }

  remove(): void {
    rmSync(this.home.folder, { recursive: true, force: true });
  }

  private environment(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    return { PATH, HOME, TIDEGATE_HOME: this.home.folder, TZ: 'UTC' };
  }
}
