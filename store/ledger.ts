import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TidegateError } from '../model/errors';
import { hasCode } from './durable';
import { followLines } from './ledger/follow';
import { formatLine } from './ledger/line';
import { endOfLines, type LedgerLine, readStretches } from './ledger/read';
import { BookWriter } from './ledger/write';

export type { LedgerLine } from './ledger/read';

const ending = '.log';
/** Most first entries are shorter; a longer one is read all the same. */
const firstBytes = 4096;

/**
 * The append-only, checksummed, fsynced record (DESIGN.md decision 7): a file for each book, a line for each entry.
 * One process writes, the one that holds the state lock (store/lock.ts); any number may read at the same time.
 */
export class Ledger {
  readonly #writers = new Map<string, BookWriter>();
  #closed = false;

  private constructor(private readonly folder: string) {}

  /** The folder need not be there yet: the first append makes it. */
  static async open(folder: string): Promise<Ledger> {
    return new Ledger(folder);
  }

  /**
   * Resolves when the entry is on the disk. Appends to one book that wait at the same time share one fdatasync.
   * When it rejects, the entry is not in the book, and the next append may be tried.
   * @throws TG_STORE_FULL; TG_LEDGER_CONTENDED when another process has written to this book meanwhile.
   */
  append(book: string, entry: object): Promise<void> {
    return this.appendAll(book, [entry]);
  }

  /** Several entries in their order, all acknowledged together; as `append`. */
  async appendAll(book: string, entries: readonly object[]): Promise<void> {
    if (this.#closed) throw new TidegateError('TG_INTERNAL', `the ledger is closed (book ${book})`);
    if (entries.length === 0) return;
    await this.#writer(book).append(Buffer.concat(entries.map(formatLine)));
  }

  /**
   * The entries of a book, oldest first; none when there is no such book. Whole lines only: what a crash tore or
   * another process is writing at this moment is not an entry.
   * @throws TG_LEDGER_DAMAGED with the file and line whose checksum is wrong, when it gets there.
   */
  async *read(book: string): AsyncGenerator<object> {
    for await (const lines of this.readStretches(book)) for (const { entry } of lines) yield entry;
  }

  /** As `read`, many entries at a time and with their places, for who reads the books of whole fleets. */
  readStretches(book: string): AsyncGenerator<LedgerLine[]> {
    return readStretches(this.#path(book));
  }

  /** @returns the oldest entry of a book, without reading the others; undefined when it has none. */
  async first(book: string): Promise<object | undefined> {
    for await (const [line] of readStretches(this.#path(book), 0, firstBytes)) return line?.entry;
    return undefined;
  }

  /** @returns where the whole lines of a book end now, without reading it; 0 when there is no such book. */
  endByte(book: string): Promise<number> {
    return endOfLines(this.#path(book));
  }

  /**
   * The entries of a book from `fromByte` (the `endByte` of the last one that was read), then each new one as soon
   * as it is written, until `signal` is aborted. A new entry may be seen a moment before it is on the disk.
   * @throws TG_LEDGER_DAMAGED; TG_LEDGER_CUT when what was read last is no longer there.
   */
  follow(book: string, signal: AbortSignal, fromByte = 0): AsyncGenerator<LedgerLine> {
    return followLines(this.#path(book), signal, fromByte);
  }

  /** @returns the names of all books, sorted. */
  async books(): Promise<string[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
    return names
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(0, -ending.length))
      .sort();
  }

  /** Waits for the appends under way; later ones are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#writers.values(), (writer) => writer.close()));
  }

  #writer(book: string): BookWriter {
    const writer = this.#writers.get(book) ?? new BookWriter(this.#path(book));
    this.#writers.set(book, writer);
    return writer;
  }

  #path(book: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(book))
      throw new TidegateError('TG_INTERNAL', `not a name of a book: ${JSON.stringify(book)}`);
    return join(this.folder, `${book}${ending}`);
  }
}
