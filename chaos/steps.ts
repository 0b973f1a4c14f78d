import type { Step } from './kinds';

export interface Reached {
  readonly step: Step;
  /** '' for what is of no host. */
  readonly host: string;
  /** The ledger's word for what it was, when it has one. */
  readonly detail?: string;
}

/** Where everybody who watches says what was reached, and everybody who waits for it hears of it at once. */
export class Steps {
  readonly #hears = new Set<(reached: Reached) => void>();

  reached(step: Step, host = '', detail?: string): void {
    for (const hear of [...this.#hears]) hear({ step, host, detail });
  }

  /** @returns what ends it. */
  hear(listener: (reached: Reached) => void): () => void {
    this.#hears.add(listener);
    return () => this.#hears.delete(listener);
  }
}
