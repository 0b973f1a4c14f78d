import { TidegateError } from '../../model/errors';
import { type RolloutEntry, rolloutEntrySchema } from '../../model/ledger';
import { RolloutRecord } from '../../model/record';
import type { Ledger } from '../../store/ledger';
import { rolloutIds } from '../../store/rollout-books';

type WithoutTime<E> = E extends unknown ? Omit<E, 'at'> : never;
/** An entry as activities write it; the book adds when. */
export type NewEntry = WithoutTime<RolloutEntry>;

/** One rollout's book of the ledger, with the record that its entries add up to. */
export class Book {
  readonly record = new RolloutRecord();

  private constructor(
    readonly rollout: string,
    private readonly ledger: Ledger,
  ) {}

  /** Reads what the ledger has on a rollout; an unknown rollout has an empty book. */
  static async open(ledger: Ledger, rollout: string): Promise<Book> {
    // The ledger's other books are not to be written to by whoever calls a rollout `artifacts`.
    if (!rollout.startsWith('r-')) throw new TidegateError('TG_ROLLOUT_NOT_FOUND', `no rollout ${rollout}`);
    const book = new Book(rollout, ledger);
    for await (const entry of ledger.read(rollout)) book.record.add(rolloutEntrySchema.parse(entry));
    return book;
  }

  /** Writes entries; when this resolves they are on the disk, and in the record. */
  async append(...entries: NewEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const at = new Date().toISOString();
    const written = entries.map((entry) => rolloutEntrySchema.parse({ ...entry, at }));
    await this.ledger.appendAll(this.rollout, written);
    for (const entry of written) this.record.add(entry);
  }
}

/** Books are opened once and shared: two activities of one rollout see the same record. */
export class Books {
  readonly #books = new Map<string, Promise<Book>>();

  constructor(private readonly ledger: Ledger) {}

  open(rollout: string): Promise<Book> {
    let book = this.#books.get(rollout);
    if (!book) {
      book = Book.open(this.ledger, rollout);
      this.#books.set(rollout, book);
    }
    return book;
  }

  /** Every rollout that the ledger knows. */
  async all(): Promise<Book[]> {
    return Promise.all((await rolloutIds(this.ledger)).map((id) => this.open(id)));
  }
}
