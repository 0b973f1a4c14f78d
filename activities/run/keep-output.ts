import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { KeptOutput } from '../../model/run-ledger';
import type { Files, StoredFile } from '../../store/files';

/** Shorter output stands in the ledger itself: 100,000 hosts that answer a line each make no file each. */
const inLedgerBytes = 4 * 1024;
/** Of a host that prints more, this much is in memory at a time. */
const inMemoryBytes = 64 * 1024;
/** A host that floods fills no disk: the store keeps the start, and the record says that there was more. */
export const mostKeptBytes = 256 * 1024 * 1024;

interface Spool {
  readonly stream: PassThrough;
  readonly stored: Promise<StoredFile>;
}

/** Keeps what a host prints on one stream: in memory while it is short, in the store as it comes when it is not. */
export class OutputKeep {
  #bytes = 0;
  #chunks: Buffer[] = [];
  #spool: Spool | undefined;

  constructor(private readonly files: Files) {}

  /** @returns a promise when the store must catch up before more is read. */
  add(chunk: Buffer): undefined | Promise<void> {
    const room = mostKeptBytes - this.#bytes;
    this.#bytes += chunk.length;
    if (room <= 0) return undefined;
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk;
    if (this.#spool === undefined && this.#bytes <= inMemoryBytes) {
      this.#chunks.push(kept);
      return undefined;
    }
    this.#spool ??= this.#open();
    const { stream, stored } = this.#spool;
    if (stream.write(kept)) return undefined;
    // A store that fails says so here, not in a wait that never ends.
    return Promise.race([once(stream, 'drain'), stored]).then(() => undefined);
  }

  /** @throws TG_STORE_FULL */
  async end(): Promise<KeptOutput> {
    const cut = this.#bytes > mostKeptBytes ? { cut: true } : {};
    if (this.#spool !== undefined) {
      this.#spool.stream.end();
      return { bytes: this.#bytes, file: (await this.#spool.stored).digest, ...cut };
    }
    const all = Buffer.concat(this.#chunks);
    if (all.length > inLedgerBytes) return { bytes: all.length, file: await this.files.put(all) };
    const text = all.toString('utf8');
    if (Buffer.from(text, 'utf8').equals(all)) return { bytes: all.length, text };
    return { bytes: all.length, base64: all.toString('base64') };
  }

  /** What was kept is not wanted: the command's fate is told by an error. */
  drop(): void {
    this.#spool?.stream.destroy(new Error('not wanted'));
  }

  #open(): Spool {
    const stream = new PassThrough();
    const stored = this.files.putStream(stream);
    stored.catch(() => undefined);
    stream.on('error', () => undefined);
    for (const chunk of this.#chunks) stream.write(chunk);
    this.#chunks = [];
    return { stream, stored };
  }
}
