import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isErrorCode, TidegateError } from '../../model/errors';
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
    const stdin = await withoutScript(command, options.stdin);
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new TidegateError('TG_EXEC_TIMEOUT', `${host} has not answered within ${options.timeoutMs} ms`),
        );
      }, options.timeoutMs);
      const id = this.#expect((said) => {
        if ('stdout' in said) options.onStdout?.(Buffer.from(said.stdout));
        if ('ended' in said) resolve(resultOf(said.ended));
        if ('error' in said) reject(errorOf(said.error));
        if (!('stdout' in said)) end();
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

/** Simulated hosts run no shell: of what a host would read, only what follows the script goes to them. */
async function withoutScript(command: string, stdin: ExecOptions['stdin']): Promise<string> {
  let skipBytes = Number(/head -c (\d+)/.exec(command)?.[1] ?? 0);
  // A session stays open for an operation, which a simulated host takes in one of its own.
  if (stdin === undefined || command.includes(' tidegate-stage ')) return '';
  // Without copying it, as long as a letter is a byte: the measured worker would have to pay for it.
  if (typeof stdin === 'string' && Buffer.byteLength(stdin) === stdin.length) return stdin.slice(skipBytes);
  if (typeof stdin === 'string' || Buffer.isBuffer(stdin))
    return Buffer.from(stdin).subarray(skipBytes).toString();
  let rest = '';
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
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
