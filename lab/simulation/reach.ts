import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { isErrorCode, TidegateError } from '../../model/errors';
import { callAsRoot } from '../../ops/call';
import type { Connection, ExecOptions, ExecResult } from '../../ssh/connection';
import type { Hosts } from '../../ssh/hosts';
import type { Target } from '../../ssh/target';
import { jsonLines } from './lines';
import type { Asked, Said, SimulationReport } from './protocol';

/** Simulated hosts of another process, in the place of the pool of SSH connections. */
export class SimulatedReach implements Hosts {
  readonly #waiting = new Map<number, (said: Said) => void>();
  readonly #say: (asked: Asked) => void;
  #last = 0;

  private constructor(private readonly socket: Socket) {
    this.#say = jsonLines<Said, Asked>(socket, (said) => this.#waiting.get(said.id)?.(said));
  }

  /** @param path - of the socket on which lab/simulation/serve.ts listens. */
  static async connect(path: string): Promise<SimulatedReach> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new SimulatedReach(socket);
  }

  use<T>(target: Target, work: (connection: Connection) => Promise<T>): Promise<T> {
    const exec = (command: string, options: ExecOptions) => this.#exec(target.name, command, options);
    return work({ target, closed: false, close() {}, exec });
  }

  /** What has really happened on the hosts. */
  report(wanted: 'sums' | 'hosts'): Promise<SimulationReport> {
    return new Promise((resolve) => {
      const id = this.#expect((said) => {
        this.#waiting.delete(id);
        if ('report' in said) resolve(said.report);
      });
      this.#say({ id, report: wanted });
    });
  }

  async closeAll(): Promise<void> {
    this.socket.destroy();
  }

  async #exec(host: string, command: string, options: ExecOptions): Promise<ExecResult> {
    const read = reads(command, options.stdin);
    // Whoever fails before asks for it no more.
    read.catch(() => undefined);
    if (!staysOpen(command)) return resultOf(await this.#ask(host, command, await read, options));
    const seen = await this.#ask(host, command, '', options);
    options.onStdout?.(Buffer.from(seen));
    const [words, ...request] = (await read).split('\n');
    if (!words || words === 'drop') return resultOf(seen);
    const operation = callAsRoot('tidegate-operation', '', words.split(' '));
    return resultOf(seen + (await this.#ask(host, operation, request.join('\n'), options)));
  }

  #ask(host: string, command: string, stdin: string, options: ExecOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (why: unknown) => {
        end();
        reject(why);
      };
      const onAbort = () => fail(options.signal?.reason);
      const late = `${host} has not answered within ${options.timeoutMs} ms`;
      const timer = setTimeout(() => fail(new TidegateError('TG_EXEC_TIMEOUT', late)), options.timeoutMs);
      const end = () => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(id);
      };
      options.signal?.addEventListener('abort', onAbort);
      const id = this.#expect((said) => {
        if ('stdout' in said) return options.onStdout?.(Buffer.from(said.stdout));
        if ('error' in said) return fail(errorOf(said.error));
        end();
        if ('ended' in said) resolve(said.ended);
      });
      this.#say({ id, host, command, stdin });
    });
  }

  #expect(see: (said: Said) => void): number {
    this.#last += 1;
    this.#waiting.set(this.#last, see);
    return this.#last;
  }
}

/** A host that is looked at may be told an operation in the same session: ops/stage.sh reads it when it has said all. */
const staysOpen = (command: string) => / tidegate-stage .* (KEEP|ASK) /.test(command);

/** Simulated hosts run no shell, and keep no files: of what a host would read, only what follows those goes to them. */
async function reads(command: string, stdin: ExecOptions['stdin']): Promise<string> {
  let skipBytes = Number(/head -c (\d+)/.exec(command)?.[1] ?? 0);
  for (const [, sizeBytes] of command.matchAll(/[0-9a-f]{64}:(\d+)/g)) skipBytes += Number(sizeBytes);
  let rest = '';
  for await (const chunk of stdin instanceof Readable ? stdin : [Buffer.from(stdin ?? '')]) {
    rest += chunk.subarray(skipBytes).toString();
    skipBytes = Math.max(0, skipBytes - chunk.length);
  }
  return rest;
}

function resultOf(text: string): ExecResult {
  const stdout = Buffer.from(text);
  return { code: 0, stdout, stderr: Buffer.alloc(0), stdoutBytes: stdout.length, stderrBytes: 0 };
}

function errorOf({ code, message }: { code: string; message: string }): TidegateError {
  return new TidegateError(isErrorCode(code) ? code : 'TG_INTERNAL', message);
}
