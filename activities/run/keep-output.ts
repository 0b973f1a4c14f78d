import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type KeptOutput, mostKeptBytes } from '../../model/run-ledger';
import type { RunTask } from '../../model/run-request';
import type { Files, StoredFile } from '../../store/files';

/** Shorter output stands in the ledger itself: 100,000 hosts that answer a line each make no file each. */
const inLedgerBytes = 1024;
/** Of a host that prints more, this much is in memory at a time. */
const inMemoryBytes = 64 * 1024;
/** What commands print is looked at, not archived: 100,000 hosts that flood fill no disk. */
const mostOfRunBytes = 4 * 1024 * 1024 * 1024;

/** What the store has left for the output of one run; it counts down. */
export interface Room {
  leftBytes: number;
}

/**
 * The disk is the ledger's too, and without it all rollouts stop: one run never takes more than half of what is free.
 * Files that are pulled were asked for; what commands print is limited besides.
 * @param keptBytes - what the run has in the store already
 */
export async function roomFor(files: Files, { verb }: RunTask, keptBytes: number): Promise<Room> {
  const half = Math.floor((await files.freeBytes()) / 2);
  return { leftBytes: verb === 'pull' ? half : Math.max(0, Math.min(half, mostOfRunBytes - keptBytes)) };
}

interface Spool {
  readonly stream: PassThrough;
  readonly stored: Promise<StoredFile>;
}

/**
 * Keeps what a host prints on one stream: in memory while it is short, in the store as it comes when it is not. Where
 * there is no room, its start stands in the ledger, with the mark that it was cut.
 */
export class OutputKeep {
  #bytes = 0;
  #chunks: Buffer[] = [];
  #spool: Spool | undefined;
  #takenBytes = 0;
  #cut = false;

  constructor(
    private readonly files: Files,
    private readonly room: Room,
  ) {}

  /** @returns a promise when the store must catch up before more is read. */
  add(chunk: Buffer): undefined | Promise<void> {
    this.#bytes += chunk.length;
    if (this.#cut) return undefined;
    if (this.#spool === undefined && this.#bytes <= inMemoryBytes) {
      this.#chunks.push(chunk);
      return undefined;
    }
    const coming = Buffer.concat([...this.#chunks, chunk]);
    const granted = this.#take(coming.length);
    this.#cut = granted < coming.length;
    if (granted === 0) return undefined;
    this.#chunks = [];
    this.#spool ??= this.#open();
    const { stream, stored } = this.#spool;
    if (stream.write(coming.subarray(0, granted))) return undefined;
    // A store that fails says so here, not in a wait that never ends.
    return Promise.race([once(stream, 'drain'), stored]).then(() => undefined);
  }

  /** @throws TG_STORE_FULL */
  async end(): Promise<KeptOutput> {
    if (this.#spool !== undefined) {
      this.#spool.stream.end();
      const { digest } = await this.#spool.stored;
      return { bytes: this.#bytes, file: digest, ...(this.#cut ? { cut: true } : {}) };
    }
    const all = Buffer.concat(this.#chunks);
    if (all.length > inLedgerBytes && !this.#cut && this.#take(all.length) === all.length)
      return { bytes: all.length, file: await this.files.put(all) };
    return inLedger(all, this.#bytes);
  }

  /** What was kept is not wanted: the command's fate is told by an error. */
  drop(): void {
    this.#spool?.stream.destroy(new Error('not wanted'));
    this.room.leftBytes += this.#takenBytes;
    this.#takenBytes = 0;
  }

  #take(bytes: number): number {
    const granted = Math.max(0, Math.min(bytes, mostKeptBytes - this.#takenBytes, this.room.leftBytes));
    this.#takenBytes += granted;
    this.room.leftBytes -= granted;
    return granted;
  }

  #open(): Spool {
    const stream = new PassThrough();
    const stored = this.files.putStream(stream);
    stored.catch(() => undefined);
    stream.on('error', () => undefined);
    return { stream, stored };
  }
}

function inLedger(all: Buffer, bytes: number): KeptOutput {
  const start = all.subarray(0, inLedgerBytes);
  const cut = start.length < bytes ? { cut: true } : {};
  const text = start.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(start)) return { bytes, text, ...cut };
  return { bytes, base64: start.toString('base64'), ...cut };
}
