import { TidegateError } from '../../model/errors';
import { type RolloutEntry, rolloutEntrySchema } from '../../model/ledger';
import type { RolloutRecord } from '../../model/record';
import type { Ledger } from '../../store/ledger';
import { firstStarts, isRolloutBook, readRolloutBook } from '../../store/rollout-books';

type WithoutTime<E> = E extends unknown ? Omit<E, 'at'> : never;
/** An entry as activities write it; the book adds when. */
export type NewEntry = WithoutTime<RolloutEntry>;

/** Is shown every entry that is written. */
type See = (rollout: string, entry: RolloutEntry) => void;

/** One rollout's book of the ledger, with the record that its entries add up to. */
export class Book {
  private constructor(
    readonly rollout: string,
    readonly record: RolloutRecord,
    private readonly ledger: Ledger,
    private readonly see: See,
  ) {}

  /** Reads what the ledger has on a rollout; an unknown rollout has an empty book. */
  static async open(ledger: Ledger, rollout: string, see: See = () => {}): Promise<Book> {
    // The ledger's other books are not to be written to by whoever calls a rollout `artifacts`.
    if (!isRolloutBook(rollout)) throw new TidegateError('TG_ROLLOUT_NOT_FOUND', `no rollout ${rollout}`);
    const { record } = await readRolloutBook(ledger, rollout);
    return new Book(rollout, record, ledger, see);
  }

  /** Writes entries; when this resolves they are on the disk, and in the record. */
  async append(...entries: NewEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const at = new Date().toISOString();
    const written = entries.map((entry) => rolloutEntrySchema.parse({ ...entry, at }));
    await this.ledger.appendAll(this.rollout, written);
    for (const entry of written) {
      this.record.add(entry);
      this.see(this.rollout, entry);
    }
  }
}

/**
 * Two activities of one rollout see the same book, as long as anything holds it. A book that nobody holds is let go:
 * that of a large fleet takes 100 MB, and a ledger has many.
 */
export class Books {
  readonly #opening = new Map<string, Promise<Book>>();
  readonly #open = new Map<string, WeakRef<Book>>();

  constructor(
    private readonly ledger: Ledger,
    private readonly see?: See,
  ) {}

  /** How each rollout that the ledger knows was first started. */
  starts() {
    return firstStarts(this.ledger);
  }

  async open(rollout: string): Promise<Book> {
    const open = this.#open.get(rollout)?.deref();
    if (open) return open;
    let opening = this.#opening.get(rollout);
    if (!opening) {
      opening = Book.open(this.ledger, rollout, this.see).then((book) => {
        this.#open.set(rollout, new WeakRef(book));
        return book;
      });
      this.#opening.set(rollout, opening);
      const opened = () => this.#opening.delete(rollout);
      opening.then(opened, opened);
    }
    return opening;
  }
}
