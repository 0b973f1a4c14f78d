import type { Client, ClientChannel } from 'ssh2';
import { TidegateError } from '../model/errors';
import { reasonText, unreachable } from './dial';
import { ChannelRun, connectionLostError, type ExecOptions, type ExecResult } from './exec';
import { SessionSlots } from './session-slots';
import { type Target, targetText } from './target';

export type { ExecOptions, ExecResult } from './exec';

/** A live, authenticated SSH connection to one host. */
export interface Connection {
  readonly target: Target;
  readonly closed: boolean;
  /**
   * Runs a command through the account's login shell; several may run at once.
   * @throws TidegateError TG_EXEC_TIMEOUT (the channel is closed; what runs on the host goes on), TG_CONNECTION_LOST;
   * the reason of `options.signal` when that aborts
   */
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  close(): void;
}

/** What `ssh/connect.ts` makes of an ssh2 client that is ready. */
export class SshConnection implements Connection {
  readonly #client: Client;
  readonly #destroy: () => void;
  readonly #slots = new SessionSlots();
  readonly #ended: Promise<void>;
  #lost: string | undefined;

  /** @param hostKey the key that the host showed @param destroy drops the transport at once */
  constructor(
    readonly target: Target,
    readonly hostKey: Buffer,
    client: Client,
    destroy: () => void,
  ) {
    this.#client = client;
    this.#destroy = destroy;
    let reason: string | undefined;
    client.on('error', (error) => {
      reason ??= reasonText(error);
    });
    const lost = () => {
      this.#lost ??= reason ?? 'the host closed it';
      this.#slots.fail(connectionLostError(target, this.#lost));
    };
    client.once('end', lost);
    this.#ended = new Promise((resolve) => {
      client.once('close', () => {
        lost();
        resolve();
      });
    });
  }

  get closed(): boolean {
    return this.#lost !== undefined;
  }

  /** Resolves when the transport is gone. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    const cut = new AbortController();
    const onAbort = () => cut.abort(options.signal?.reason);
    options.signal?.addEventListener('abort', onAbort);
    const timer = setTimeout(
      () => cut.abort(timeoutError(this.target, options.timeoutMs)),
      options.timeoutMs,
    );
    try {
      return await this.#runWithSlot(command, options, cut.signal);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** @returns a stream to `target` through this host (direct-tcpip). @throws TidegateError TG_HOST_UNREACHABLE */
  forward(target: Target, timeoutMs: number): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      const fail = (text: string) => reject(unreachable(target, text));
      if (this.#lost !== undefined) return fail(`the connection to ${this.target.name} ended: ${this.#lost}`);
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        fail(`no answer within ${timeoutMs / 1000} s`);
      }, timeoutMs);
      this.#client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, channel) => {
        clearTimeout(timer);
        if (error !== undefined) fail(`${this.target.name} could not connect to it: ${error.message}`);
        else if (late) channel.resume().destroy();
        else resolve(channel);
      });
    });
  }

  /**
   * Asks the host to stop a forwarding that was never begun: a global request that any server answers, with a
   * refusal, and that changes nothing.
   * @returns whether the answer came in time
   */
  answers(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.closed) return resolve(false);
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#client.unforwardIn('127.0.0.1', 1, () => {
        clearTimeout(timer);
        resolve(!this.closed);
      });
    });
  }

  /** Says goodbye; the transport is dropped if the host does not take it within a second. */
  close(): void {
    this.#lost ??= 'we closed it';
    this.#client.end();
    const timer = setTimeout(this.#destroy, GOODBYE_MS);
    void this.#ended.then(() => clearTimeout(timer));
  }

  /** A session that the host refuses has run nothing: it waits for another one to end, when there is one. */
  async #runWithSlot(command: string, options: ExecOptions, cut: AbortSignal): Promise<ExecResult> {
    for (;;) {
      await this.#slots.take(cut);
      try {
        return await this.#run(command, options, cut);
      } catch (error) {
        if (!(error instanceof SessionRefused)) throw error;
        if (!this.#slots.shrink()) throw unreachable(this.target, error.message, error);
      } finally {
        this.#slots.give();
      }
    }
  }

  #run(command: string, options: ExecOptions, cut: AbortSignal): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      const rejectCut = () => reject(cut.reason);
      cut.addEventListener('abort', rejectCut);
      this.#open(command, (error, channel) => {
        cut.removeEventListener('abort', rejectCut);
        if (channel === undefined) reject(error);
        else if (cut.aborted) abandon(channel);
        else {
          const run = new ChannelRun(channel, this.target, options, () => this.#lost);
          cut.addEventListener('abort', () => run.stop(cut.reason));
          run.result.then(resolve, reject);
        }
      });
    });
  }

  #open(command: string, opened: (error: Error | undefined, channel?: ClientChannel) => void): void {
    try {
      this.#client.exec(command, (error, channel) => {
        if (error === undefined) opened(undefined, channel);
        else if (this.#lost !== undefined) opened(connectionLostError(this.target, this.#lost));
        else opened(new SessionRefused(`the host opens no session: ${error.message}`));
      });
    } catch (error) {
      const reason = this.#lost ?? String(error);
      opened(connectionLostError(this.target, reason));
    }
  }
}

const GOODBYE_MS = 1_000;

/** The host would open no further session: nothing was run. */
class SessionRefused extends Error {}

function timeoutError(target: Target, timeoutMs: number): TidegateError {
  return new TidegateError('TG_EXEC_TIMEOUT', {
    detail: `${targetText(target)}: a command did not end within ${timeoutMs / 1000} s; it may still be running there`,
    hosts: [target.name],
  });
}

/** A channel that opened too late: undrained, it would never close. */
function abandon(channel: ClientChannel): void {
  channel.resume().close();
  channel.stderr.resume();
}
