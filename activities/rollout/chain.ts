import type { RolloutEntry } from '../../model/ledger';
import type { Ledger } from '../../store/ledger';
import { eachEntry, rolloutIds } from '../../store/rollout-books';

/** The first link: no operation of ours has been on the host. */
export const noOperation = 'none';

/**
 * The last operation on each host, as the ledger knows it. A begin names it, and the host refuses when its own
 * last operation is another: what makes a ledger or a database restored from a backup harmless (decision 1).
 */
export class Chain {
  readonly #last = new Map<string, string>();

  /**
   * Reads every begin of the ledger once, when the worker starts.
   * @param see - is shown every entry of every rollout on the way: nobody has to read them a second time
   */
  static async read(
    ledger: Ledger,
    see: (rollout: string, entry: RolloutEntry) => void = () => {},
  ): Promise<Chain> {
    // Books come in the order of their names, and what they tell of happened side by side.
    const newest = new Map<string, { operation: string; at: string }>();
    for (const rollout of await rolloutIds(ledger)) {
      const begun = new Map<string, { operation: string; host: string; at: string }>();
      await eachEntry(ledger, rollout, (entry) => {
        // A begin that never reached the host is as if it had never been written.
        if (entry.kind === 'begun') {
          const { operation, host, at } = entry;
          begun.set(operation, { operation, host, at });
        }
        if (entry.kind === 'void') begun.delete(entry.operation);
        // A person looked at the host: it goes on from what it has.
        if (entry.kind === 'cleared') {
          const { head: operation, host, at } = entry;
          begun.set(`${host} ${operation}`, { operation, host, at });
        }
        see(rollout, entry);
      });
      for (const { operation, host, at } of begun.values())
        if ((newest.get(host)?.at ?? '') <= at) newest.set(host, { operation, at });
    }
    const chain = new Chain();
    for (const [host, { operation }] of newest) chain.begin(host, operation);
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
