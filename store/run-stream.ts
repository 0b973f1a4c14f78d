import type { WriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

/** How long the reader of a stream may lag behind: people see lines come. */
const lookMs = 100;
const readBytes = 256 * 1024;
/** Nobody reads more lines than this; the store keeps what hosts print, this file is the watcher's alone. */
const mostBytes = 1024 * 1024 * 1024;

const pieceSchema = z.object({
  host: z.string(),
  stream: z.enum(['stdout', 'stderr']),
  base64: z.string(),
});

/** A piece of what a host printed. */
interface Piece {
  readonly host: string;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

const pathOf = (stateFolder: string, run: string) => join(stateFolder, 'streams', `${run}.jsonl`);

/**
 * What the hosts of a run print, as it comes, for the one who watches on this machine: a JSON line a piece.
 * Nothing here is synced or kept; the record of a run is its book and the store.
 */
export class RunStream {
  #left: number;
  #drained: Promise<void> | undefined;

  private constructor(
    private readonly file: WriteStream,
    givenBytes: number,
  ) {
    this.#left = givenBytes;
  }

  static async open(stateFolder: string, run: string, givenBytes = mostBytes): Promise<RunStream> {
    const path = pathOf(stateFolder, run);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(path, 'a', 0o600);
    const { size } = await handle.stat();
    const file = handle.createWriteStream();
    // Whoever watches loses lines then; the record does not.
    file.on('error', () => undefined);
    const stream = new RunStream(file, givenBytes - size);
    // What a worker that was killed tore is a line of its own.
    if (size > 0) file.write('\n');
    return stream;
  }

  /** @returns a promise when the disk must catch up first. */
  write(host: string, stream: Piece['stream'], bytes: Buffer): undefined | Promise<void> {
    if (this.#left <= 0 || this.file.destroyed) return undefined;
    this.#left -= bytes.length;
    const last = Buffer.from('\n(more is printed than is shown: it is in the store)\n');
    const shown = this.#left > 0 ? bytes : last;
    const line = `${JSON.stringify({ host, stream, base64: shown.toString('base64') })}\n`;
    if (this.file.write(line)) return undefined;
    // One wait for all hosts: each of them would leave its listeners behind.
    this.#drained ??= new Promise((resolve) => {
      const done = () => {
        this.file.off('drain', done).off('close', done);
        this.#drained = undefined;
        resolve();
      };
      this.file.on('drain', done).on('close', done);
    });
    return this.#drained;
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.file.once('close', resolve);
      this.file.end();
      if (this.file.destroyed) resolve();
    });
  }
}

/** Nobody needs it any more; who still reads it has it open. */
export function removeRunStream(stateFolder: string, run: string): Promise<void> {
  return rm(pathOf(stateFolder, run), { force: true });
}

/** Opened before the run begins, so that its end, which removes the file, takes nothing away from who watches. */
export class RunStreamReader {
  private constructor(
    private readonly file: FileHandle,
    private readonly remove: () => Promise<void>,
  ) {}

  static async open(stateFolder: string, run: string): Promise<RunStreamReader> {
    const path = pathOf(stateFolder, run);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return new RunStreamReader(await open(path, 'a+', 0o600), () => removeRunStream(stateFolder, run));
  }

  /** Pieces as they come, until `over` says that no more will, and all have been read. The file is removed then. */
  async *follow(over: () => boolean): AsyncGenerator<Piece> {
    try {
      yield* this.#pieces(over);
    } finally {
      await this.file.close();
      await this.remove();
    }
  }

  async *#pieces(over: () => boolean): AsyncGenerator<Piece> {
    let offset = 0;
    let rest = Buffer.alloc(0);
    for (let last = false; ; ) {
      const { buffer, bytesRead } = await this.file.read(Buffer.alloc(readBytes), 0, readBytes, offset);
      offset += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = rest.lastIndexOf(0x0a) + 1;
      for (const line of rest.subarray(0, end).toString().split('\n')) {
        const piece = pieceOf(line);
        if (piece) yield piece;
      }
      rest = rest.subarray(end);
      if (bytesRead > 0) continue;
      if (last) return;
      last = over();
      if (!last) await pause(lookMs);
    }
  }
}

/** @returns undefined for what a worker that was killed tore. */
function pieceOf(line: string): Piece | undefined {
  const { data } = pieceSchema.safeParse(parsed(line));
  return data && { host: data.host, stream: data.stream, bytes: Buffer.from(data.base64, 'base64') };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
