import { type RunEntry, runEntrySchema } from '../../model/run-ledger';
import { RunRecord } from '../../model/run-record';
import type { Ledger } from '../../store/ledger';

type WithoutTime<E> = E extends unknown ? Omit<E, 'at'> : never;
export type NewRunEntry = WithoutTime<RunEntry>;

/** One run's book of the ledger, with the record that its entries add up to. */
export class RunBook {
  readonly record = new RunRecord();

  private constructor(
    readonly run: string,
    private readonly ledger: Ledger,
  ) {}

  static async open(ledger: Ledger, run: string): Promise<RunBook> {
    const book = new RunBook(run, ledger);
    for await (const entry of ledger.read(run)) book.record.add(runEntrySchema.parse(entry));
    return book;
  }

  /** When this resolves the entries are on the disk, and in the record. */
  async append(...entries: NewRunEntry[]): Promise<void> {
    await this.appendAll(entries);
  }

  async appendAll(entries: readonly NewRunEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const at = new Date().toISOString();
    const written = entries.map((entry) => runEntrySchema.parse({ ...entry, at }));
    await this.ledger.appendAll(this.run, written);
    for (const entry of written) this.record.add(entry);
  }
}
