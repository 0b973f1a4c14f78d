import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** What a thread is asked: the cases of a seed, or one input. */
export type Ask = { readonly seed: number; readonly cases: number } | { readonly input: Uint8Array };

/** What came of it. `why` is of the last case, and what makes it a finding. */
export interface Answer {
  readonly cases: number;
  /** How many were read, rather than refused by name. */
  readonly read: number;
  readonly why?: string;
}

export interface ThreadData {
  /** Module that exports `targets`. */
  readonly module: string;
  readonly name: string;
  readonly folder: string;
  /** How many cases were begun: who watches sees that it goes on. */
  readonly begun: SharedArrayBuffer;
}

/** A case takes milliseconds, one of a megabyte a second; the machine may have more to do. */
const hangMs = 20_000;
/** A million hosts, ten times the largest fleet, take 1.2 GB. */
const heapMegabytes = 2048;
/** The main thread's, which is where people's commands read. */
const stackMegabytes = 1;
const lookMs = 250;

/** In a test the house is not compiled: what jest does for the test, the hook does for the thread. */
const ending = existsSync(join(__dirname, 'thread.js')) ? '.js' : '.ts';
const hook = ['-r', join(__dirname, '../test/support/typescript.cjs')];

/** What a test has less of. */
export interface LaneLimits {
  /** Exports `targets`. */
  readonly module: string;
  readonly hangMs: number;
  readonly heapMegabytes: number;
}

/** One thread in which cases of a target run: a case that hangs, or eats the memory, ends the thread and not us. */
export class Lane {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidegate-fuzz-'));
  readonly #begun = new Int32Array(new SharedArrayBuffer(4));
  #thread: Worker | undefined;

  readonly #limits: LaneLimits;

  constructor(
    private readonly name: string,
    limits: Partial<LaneLimits> = {},
  ) {
    this.#limits = { module: join(__dirname, `targets/index${ending}`), hangMs, heapMegabytes, ...limits };
  }

  /** Runs what is asked. A thread that a case ended is replaced at the next ask. */
  async ask(ask: Ask, mostMs = this.#limits.hangMs): Promise<Answer> {
    const limitMs = Math.min(mostMs, this.#limits.hangMs);
    this.#thread ??= await this.#start();
    const thread = this.#thread;
    const before = this.#begun[0]!;
    const ended = new AbortController();
    const answer = await new Promise<Answer>((resolve) => {
      const dead = (why: string) => {
        this.#thread = undefined;
        resolve({ cases: Math.max(1, this.#begun[0]! - before), read: 0, why });
      };
      const watch = this.#watch(limitMs, () => dead(`hangs: no end within ${limitMs / 1000} s`));
      const listeners = {
        message: resolve,
        error: (error: Error) => dead(`ends its thread: ${error.stack ?? error}`),
        exit: (code: number) => dead(`ends its thread with ${code}`),
      };
      for (const [event, listener] of Object.entries(listeners)) thread.on(event, listener);
      ended.signal.addEventListener('abort', () => {
        clearInterval(watch);
        for (const [event, listener] of Object.entries(listeners)) thread.off(event, listener);
      });
      thread.postMessage(ask);
    });
    ended.abort();
    if (this.#thread === undefined) await thread.terminate();
    return answer;
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Resolves when the thread is ready: what it takes to start is not a case's time. */
  async #start(): Promise<Worker> {
    const data: ThreadData = {
      module: this.#limits.module,
      name: this.name,
      folder: this.#folder,
      begun: this.#begun.buffer as SharedArrayBuffer,
    };
    const thread = new Worker(join(__dirname, `thread${ending}`), {
      execArgv: ending === '.ts' ? hook : [],
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.heapMegabytes, stackSizeMb: stackMegabytes },
    });
    // One that is ended may still have an error to tell.
    thread.on('error', () => undefined);
    await once(thread, 'message');
    return thread;
  }

  /** Tells when no further case has begun for as long as one may take. */
  #watch(limitMs: number, hung: () => void): NodeJS.Timeout {
    let seen = -1;
    let sinceMs = 0;
    return setInterval(() => {
      const now = this.#begun[0]!;
      sinceMs = now === seen ? sinceMs + lookMs : 0;
      seen = now;
      if (sinceMs >= limitMs) hung();
    }, lookMs);
  }
}
