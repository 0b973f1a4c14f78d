import { createReadStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { targetOf } from '../../fleet/target';
import { isErrorCode, TidegateError } from '../../model/errors';
import type { Fleet, Host } from '../../model/fleet';
import { call, callAsRoot } from '../../ops/call';
import type { Hosts } from '../../ssh/hosts';
import { quote } from '../../ssh/quote';
import type { Files, StoredFile } from '../../store/files';

/** Package lists of a whole server are half a megabyte. */
const answerCapBytes = 16 * 1024 * 1024;
/** A package of hundreds of megabytes over a slow line. */
const readTimeoutMs = 30 * 60_000;

/** A control instance, for the length of one activity. */
export class Control {
  private constructor(
    private readonly hosts: Hosts,
    private readonly fleet: Fleet,
    readonly host: Host,
  ) {}

  /** @throws TG_CONTROL_MISSING when the platform has no control instance in fleet.yaml, or it is no host. */
  static of(hosts: Hosts, fleet: Fleet, platform: string): Control {
    const name = fleet.file.control[platform];
    const host = fleet.hosts.find((host) => host.name === name);
    if (host === undefined)
      throw new TidegateError('TG_CONTROL_MISSING', {
        detail:
          name === undefined
            ? `platform ${platform} has none in fleet.yaml`
            : `${name} is not in the inventory`,
        next: `name a host for ${platform} under control: in fleet.yaml`,
      });
    return new Control(hosts, fleet, host);
  }

  /**
   * Runs a script of ops/ and gives the lines it printed.
   * @throws what the script refused, by its code; TG_HOST_ANSWER when it failed.
   */
  async ask(given: {
    name: string;
    script: string;
    words: readonly string[];
    root: boolean;
    /** A file whose bytes are the script's stdin. */
    inputPath?: string;
    timeoutMs: number;
    signal?: AbortSignal;
  }): Promise<string[]> {
    const command = (given.root ? callAsRoot : call)(given.name, given.script, given.words);
    const result = await this.hosts.use(targetOf(this.host, this.fleet), (connection) =>
      connection.exec(command, {
        stdin: Readable.from(input(given.script, given.inputPath)),
        timeoutMs: given.timeoutMs,
        capBytes: answerCapBytes,
        signal: given.signal,
      }),
    );
    const lines = result.stdout.toString().split('\n').slice(0, -1);
    const refused = /^refused (\S+) (.*)$/.exec(lines[0] ?? '');
    if (refused && isErrorCode(refused[1])) throw this.error(refused[1], refused[2] ?? '');
    if (result.code !== 0)
      throw this.error('TG_HOST_ANSWER', `exit ${result.code}: ${lastLine(result.stderr.toString())}`);
    return lines;
  }

  /** Reads a file, or the last `sizeBytes` of it, into the store while it comes. @throws TG_HOST_ANSWER when it cannot be read whole. */
  async read(files: Files, path: string, given: { root: boolean; sizeBytes: number }): Promise<StoredFile> {
    const stream = new PassThrough();
    const stored = files.putStream(stream);
    stored.catch(() => {}); // Seen below, after the command's own failure, which tells more.
    const command = `${given.root ? 'sudo -n ' : ''}tail -c ${given.sizeBytes} ${quote(path)}`;
    try {
      const result = await this.hosts.use(targetOf(this.host, this.fleet), (connection) =>
        connection.exec(command, {
          timeoutMs: readTimeoutMs,
          capBytes: 0,
          onStdout: (chunk) => stream.write(chunk),
        }),
      );
      if (result.code !== 0 || result.stdoutBytes !== given.sizeBytes)
        throw this.error(
          'TG_HOST_ANSWER',
          `${path}: ${lastLine(result.stderr.toString()) || 'it is shorter than it was'}`,
        );
      stream.end();
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
    return stored;
  }

  error(code: ConstructorParameters<typeof TidegateError>[0], detail: string): TidegateError {
    return new TidegateError(code, { detail: `${this.host.name}: ${detail}`, hosts: [this.host.name] });
  }
}

async function* input(script: string, path: string | undefined): AsyncGenerator<Buffer> {
  yield Buffer.from(script);
  if (path !== undefined) for await (const chunk of createReadStream(path)) yield Buffer.from(chunk);
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
