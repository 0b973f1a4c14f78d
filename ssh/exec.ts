import { Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { TidegateError } from '../model/errors';
import { OutputKeeper } from './output-keeper';
import { type Target, targetText } from './target';

export interface ExecOptions {
  /** What the command reads; nothing when absent. A stream is destroyed when the command ends. */
  stdin?: Buffer | string | Readable;
  timeoutMs: number;
  /** How much of each stream is kept; the rest is read, counted and dropped. DEFAULT_CAP_BYTES when absent. */
  capBytes?: number;
  /** Sees every chunk of stdout, also beyond the cap. While a promise given back is pending, no more is read. */
  onStdout?(chunk: Buffer): unknown;
  /** As onStdout. */
  onStderr?(chunk: Buffer): unknown;
  /** Closes the channel; exec() then rejects with the signal's reason. What runs on the host is not killed. */
  signal?: AbortSignal;
}

export interface ExecResult {
  /** null: a signal ended the command, or the channel closed without an exit status: unknown. */
  code: number | null;
  /** `SIGTERM` … when a signal ended the command. */
  signal?: string;
  stdout: Buffer;
  stderr: Buffer;
  stdoutBytes: number;
  stderrBytes: number;
}

const DEFAULT_CAP_BYTES = 1024 * 1024;

/**
 * A process that the command leaves behind may hold its output open for ever (ssh(1) hangs then). When the exit
 * status is known and nothing more has come for this long, the command counts as ended.
 */
const QUIET_AFTER_EXIT_MS = 5_000;

/**
 * Sees a command on an open channel to its end: feeds it, drains both streams (undrained, `close` never comes),
 * and gives its result.
 * @param connectionLost says whether the whole connection is gone, and why
 * @throws TidegateError TG_CONNECTION_LOST, TG_EXEC_TIMEOUT is the caller's to raise through `stop`
 */
export class ChannelRun {
  readonly result: Promise<ExecResult>;
  readonly #stdout: OutputKeeper;
  readonly #stderr: OutputKeeper;
  #exit: { code: number | null; signal?: string } | undefined;
  #openStreams = 2;
  #settled = false;
  #quiet: NodeJS.Timeout | undefined;
  /** Chunks that somebody has not taken yet: more of the command's output waits behind them. */
  #untaken = 0;
  #resolve: (result: ExecResult) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(
    readonly channel: ClientChannel,
    readonly target: Target,
    readonly options: ExecOptions,
    readonly connectionLost: () => string | undefined,
  ) {
    this.#stdout = new OutputKeeper(options.capBytes ?? DEFAULT_CAP_BYTES);
    this.#stderr = new OutputKeeper(options.capBytes ?? DEFAULT_CAP_BYTES);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#listen();
    this.#feed();
  }

  /** Closes the channel and ends with `error`; when the exit status is already known, with the result. */
  stop(error: unknown): void {
    this.channel.close();
    if (this.#exit === undefined) this.#fail(error);
    // What has come is read to its end first; then the streams close.
    else if (this.#untaken === 0) this.#end();
  }

  /** Nothing comes while nothing is read. */
  #afterQuiet(): void {
    if (this.#untaken > 0) this.#quiet?.refresh();
    else this.stop(undefined);
  }

  #listen(): void {
    this.channel.on('data', (chunk: Buffer) => {
      this.#quiet?.refresh();
      if (this.#settled) return;
      this.#stdout.add(chunk);
      this.#show(chunk, this.options.onStdout, this.channel);
    });
    this.channel.stderr.on('data', (chunk: Buffer) => {
      this.#quiet?.refresh();
      if (this.#settled) return;
      this.#stderr.add(chunk);
      this.#show(chunk, this.options.onStderr, this.channel.stderr);
    });
    this.channel.on('error', () => undefined);
    this.channel.on('exit', (code: number | null, signal?: string) => {
      if (this.#settled) return;
      this.#exit = code === null ? { code, signal } : { code };
      this.#quiet = setTimeout(() => this.#afterQuiet(), QUIET_AFTER_EXIT_MS);
    });
    this.channel.once('close', () => this.#streamClosed());
    this.channel.stderr.once('close', () => this.#streamClosed());
  }

  #show(chunk: Buffer, to: ExecOptions['onStdout'], from: { pause(): void; resume(): void }): void {
    try {
      const taken = to?.call(this.options, chunk);
      if (!(taken instanceof Promise)) return;
      from.pause();
      this.#untaken += 1;
      const goOn = () => {
        this.#untaken -= 1;
        this.#quiet?.refresh();
        from.resume();
      };
      taken.then(goOn, (error: unknown) => {
        goOn();
        this.stop(error);
      });
    } catch (error) {
      this.stop(error);
    }
  }

  #feed(): void {
    const { stdin } = this.options;
    if (!(stdin instanceof Readable)) {
      this.channel.end(stdin);
      return;
    }
    stdin.once('error', (error) => this.stop(error));
    stdin.pipe(this.channel);
  }

  #streamClosed(): void {
    this.#openStreams -= 1;
    if (this.#openStreams > 0) return;
    const lost = this.connectionLost();
    if (lost !== undefined) this.#fail(connectionLostError(this.target, lost));
    else this.#end();
  }

  #end(): void {
    if (!this.#settle()) return;
    this.#resolve({
      ...(this.#exit ?? { code: null }),
      stdout: this.#stdout.take(),
      stderr: this.#stderr.take(),
      stdoutBytes: this.#stdout.totalBytes,
      stderrBytes: this.#stderr.totalBytes,
    });
  }

  #fail(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#quiet);
    if (this.options.stdin instanceof Readable) {
      this.options.stdin.unpipe(this.channel);
      this.options.stdin.destroy();
    }
    return true;
  }
}

/** @returns the error of a command whose connection ended: whether it ran to its end is not known. */
export function connectionLostError(target: Target, reason: string): TidegateError {
  return new TidegateError('TG_CONNECTION_LOST', {
    detail: `${targetText(target)}: the connection ended in the middle of a command: ${reason}`,
    hosts: [target.name],
  });
}
