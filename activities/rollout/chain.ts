import { rolloutEntrySchema } from '../../model/ledger';
import type { Ledger } from '../../store/ledger';

/** The first link: no operation of ours has been on the host. */
export const noOperation = 'none';

/**
 * The last operation on each host, as the ledger knows it. A begin names it, and the host refuses when its own
 * last operation is another: what makes a ledger or a database restored from a backup harmless (decision 1).
 */
export class Chain {
  readonly #last = new Map<string, { operation: string; previous: string; at: string }>();

  /** Reads every begin of the ledger once, when the worker starts. */
  static async read(ledger: Ledger): Promise<Chain> {
    const chain = new Chain();
    for (const book of await ledger.books()) {
      if (!book.startsWith('r-')) continue;
      for await (const raw of ledger.read(book)) {
        const entry = rolloutEntrySchema.parse(raw);
        if (entry.kind === 'begun') chain.begin(entry.host, entry.operation, entry.at);
        if (entry.kind === 'void') chain.void(entry.host, entry.operation);
      }
    }
    return chain;
  }

  last(host: string): string {
    return this.#last.get(host)?.operation ?? noOperation;
  }

  begin(host: string, operation: string, at: string): void {
    const last = this.#last.get(host);
    if (last && last.at > at) return;
    if (last?.operation === operation) return;
    this.#last.set(host, { operation, previous: last?.operation ?? noOperation, at });
  }

  /** The begin never reached the host: the chain is as it was before. */
  void(host: string, operation: string): void {
    const last = this.#last.get(host);
    if (last?.operation === operation) this.#last.set(host, { ...last, operation: last.previous });
  }
}
