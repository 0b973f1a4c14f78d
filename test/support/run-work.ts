import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gate } from '../../activities/gate';
import type { Lease } from '../../activities/lease';
import type { Secured } from '../../activities/rollout/work';
import { RunBook } from '../../activities/run/book';
import { RunWork } from '../../activities/run/work';
import { type Fleet, fleetFileSchema, type Host } from '../../model/fleet';
import { type RunRequest, runRequestSchema } from '../../model/run-request';
import type { Connection, ExecOptions, ExecResult } from '../../ssh/connection';
import { Files } from '../../store/files';
import { Ledger } from '../../store/ledger';

/** A run over simulated hosts: the real work, gate, store and ledger. */
export class SimulatedRun {
  readonly folder = mkdtempSync(join(tmpdir(), 'tidegate-run-'));
  readonly gate = new Gate();
  /** Hosts to which the command was sent, each time that it was. */
  readonly sentTo: string[] = [];
  /** Called when the connection to a host is there, right behind the intent on its way to the disk. */
  meanwhile: (host: string) => void = () => undefined;
  /** What a host does with the command. */
  answer: (host: string, options: ExecOptions) => Promise<ExecResult> = async () => printed('');
  readonly #names: readonly string[];
  #ledger: Ledger | undefined;

  constructor(
    hosts: number,
    private readonly given: Partial<RunRequest> = {},
  ) {
    this.#names = Array.from({ length: hosts }, (_, i) => `h${i}`);
  }

  get ledger(): Ledger {
    return this.#ledger!;
  }

  /** A worker of its own comes to the run, as the ledger has it. */
  async work(): Promise<{ work: RunWork; book: RunBook }> {
    await this.#ledger?.close();
    this.#ledger = await Ledger.open(join(this.folder, 'ledger'));
    const book = await RunBook.open(this.#ledger, 'run-1');
    if (!book.record.started)
      await book.append({
        kind: 'started',
        fleet: 'sim',
        request: '',
        list: '',
        hosts: this.#names.length,
        actor: { name: 'tests', proof: 'claimed' },
      });
    const request = runRequestSchema.parse({
      selector: 'all',
      task: { verb: 'run', command: 'true' },
      parallel: 4,
      timeoutMs: 60_000,
      ...this.given,
    });
    const lease: Pick<Lease, 'fresh'> = { fresh: () => true };
    const secured = {
      hosts: { use: this.#use, closeAll: async () => undefined },
      files: new Files(join(this.folder, 'files')),
      gate: this.gate,
      lease,
    } as unknown as Secured;
    const common = {
      request,
      list: this.#names,
      fleet: this.#fleet(),
      pushed: [],
      room: { leftBytes: Number.POSITIVE_INFINITY },
    };
    return { work: new RunWork(secured, book, common), book };
  }

  async remove(): Promise<void> {
    await this.#ledger?.close();
    rmSync(this.folder, { recursive: true });
  }

  readonly #use = <T>({ name }: { name: string }, task: (connection: Connection) => Promise<T>) => {
    const exec = (_command: string, options: ExecOptions) => {
      this.sentTo.push(name);
      return this.answer(name, options);
    };
    const working = task({ target: { name }, closed: false, close() {}, exec } as unknown as Connection);
    this.meanwhile(name);
    return working;
  };

  #fleet(): Fleet {
    const hosts = this.#names.map(
      (name): Host => ({
        name,
        address: name,
        port: 22,
        account: 'x',
        platform: 'sim-x86',
        domain: 'd',
        labels: {},
      }),
    );
    return {
      name: 'sim',
      hosts,
      file: fleetFileSchema.parse({ fleet: 'sim' }),
      folder: this.folder,
      digest: 'd',
    };
  }
}

/** A host's answer with exit code 0. */
export function printed(text: string): ExecResult {
  const stdout = Buffer.from(text);
  return { code: 0, stdout, stderr: Buffer.alloc(0), stdoutBytes: stdout.length, stderrBytes: 0 };
}
