import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

/** How long the reader of a stream may lag behind: people see lines come. */
const lookMs = 100;
const readBytes = 256 * 1024;

const pieceSchema = z.object({
  host: z.string(),
  stream: z.enum(['stdout', 'stderr']),
  base64: z.string(),
});

/** A piece of what a host printed. */
export interface Piece {
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
  private constructor(private readonly file: WriteStream) {}

  static async open(stateFolder: string, run: string): Promise<RunStream> {
    const path = pathOf(stateFolder, run);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
    // Whoever watches loses lines then; the record does not.
    file.on('error', () => undefined);
    return new RunStream(file);
  }

  /** @returns a promise when the disk must catch up first. */
  write(host: string, stream: Piece['stream'], bytes: Buffer): undefined | Promise<void> {
    const line = `${JSON.stringify({ host, stream, base64: bytes.toString('base64') })}\n`;
    if (this.file.write(line) || this.file.destroyed) return undefined;
    return new Promise((resolve) => {
      this.file.once('drain', resolve).once('close', resolve);
    });
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.file.once('close', resolve);
      this.file.end();
      if (this.file.destroyed) resolve();
    });
  }
}

/** Pieces as they come, until `over` says that no more will, and all have been read. The file is removed then. */
export async function* followRunStream(
  stateFolder: string,
  run: string,
  over: () => boolean,
): AsyncGenerator<Piece> {
  const path = pathOf(stateFolder, run);
  let offset = 0;
  let rest = Buffer.alloc(0);
  for (let last = false; ; ) {
    const read = await readFrom(path, offset);
    offset += read.length;
    rest = Buffer.concat([rest, read]);
    const end = rest.lastIndexOf(0x0a) + 1;
    for (const line of rest.subarray(0, end).toString().split('\n')) {
      const piece = pieceOf(line);
      if (piece) yield piece;
    }
    rest = rest.subarray(end);
    if (read.length > 0) continue;
    if (last) break;
    last = over();
    if (!last) await pause(lookMs);
  }
  await rm(path, { force: true });
}

/** @returns undefined for what a worker that was killed tore. */
function pieceOf(line: string): Piece | undefined {
  if (!line.startsWith('{') || !line.endsWith('}')) return undefined;
  const { host, stream, base64 } = pieceSchema.parse(JSON.parse(line));
  return { host, stream, bytes: Buffer.from(base64, 'base64') };
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(readBytes), 0, readBytes, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
