import { rolloutEntrySchema } from '../../model/ledger';
import type { Ledger } from '../../store/ledger';

/** The first link: no operation of ours has been on the host. */
export const noOperation = 'none';

/**
 * The last operation on each host, as the ledger knows it. A begin names it, and the host refuses when its own
 * last operation is another: what makes a ledger or a database restored from a backup harmless (decision 1).
 */
export class Chain {
  readonly #last = new Map<string, string>();

  /** Reads every begin of the ledger once, when the worker starts. */
  static async read(ledger: Ledger): Promise<Chain> {
    const begun = new Map<string, { host: string; at: string }>();
    for (const book of await ledger.books()) {
      if (!book.startsWith('r-')) continue;
      for await (const raw of ledger.read(book)) {
        const entry = rolloutEntrySchema.parse(raw);
        // A begin that never reached the host is as if it had never been written.
        if (entry.kind === 'begun') begun.set(entry.operation, { host: entry.host, at: entry.at });
        if (entry.kind === 'void') begun.delete(entry.operation);
      }
    }
    const chain = new Chain();
    // Books come in the order of their names, and what they tell of happened side by side.
    const newest = new Map<string, string>();
    for (const [operation, { host, at }] of begun) {
      if ((newest.get(host) ?? '') > at) continue;
      newest.set(host, at);
      chain.begin(host, operation);
    }
    return chain;
  }

  last(host: string): string {
    return this.#last.get(host) ?? noOperation;
  }

  begin(host: string, operation: string): void {
    this.#last.set(host, operation);
  }

  /** The begin never reached the host: the chain is as it was before. */
  void(host: string, operation: string, previous: string): void {
    if (this.last(host) === operation) this.#last.set(host, previous);
  }
}
