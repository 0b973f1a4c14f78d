import { starvedBy, type Taken, type Wait, waitsOf } from '../../model/starved';
import type { RolloutWork } from './work';

/** How often it is looked who waits for whom: who waited at one look and waits at the next is starved. */
export const lookEveryMs = 5_000;
/** Others move on, and what waits for them changes its words: the ledger need not have each of them. */
const tellAgainMs = 60_000;

/** What is in the way of each host that can do nothing about it. */
type Look = ReadonlyMap<number, readonly Taken[]>;

/**
 * The hosts of a batch that can only wait, for others or for what is overdue: whom for is written to the ledger, so
 * that a person is told (DESIGN.md decision 1).
 */
export class Starved {
  #now: Look | undefined;
  #before: Look | undefined;
  #lookedMs = performance.now();
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly work: RolloutWork,
    private readonly everyMs: number,
  ) {}

  /** @param waiting - hosts that have not begun. */
  async look(waiting: Iterable<number>): Promise<void> {
    if (performance.now() - this.#lookedMs < this.everyMs) return;
    this.#lookedMs = performance.now();
    const taken = this.work.secured.gate.holders();
    const now = new Map<number, readonly Taken[]>();
    for (const index of waiting) {
      const inTheWay = starvedBy(this.work.wanted(index), taken);
      if (inTheWay.length > 0) now.set(index, inTheWay);
    }
    this.#before = this.#now;
    this.#now = now;
    if (!this.#before) return;
    const starved = [...now].filter(([index]) => this.has(index));
    await this.#tell(
      waitsOf(starved.map(([index, taken]) => ({ domain: this.work.wanted(index).domain, taken }))),
    );
  }

  has(index: number): boolean {
    return this.#now?.has(index) === true && this.#before?.has(index) === true;
  }

  /** Nobody waits any more, or somebody else looks from here on. */
  async end(): Promise<void> {
    await this.#tell([]);
  }

  async #tell(waits: readonly Wait[]): Promise<void> {
    const { book } = this.work;
    const told = book.record.waitsFor;
    if (JSON.stringify(told) === JSON.stringify(waits)) return;
    const often = told.length > 0 && waits.length > 0 && performance.now() - this.#toldMs < tellAgainMs;
    if (often) return;
    this.#toldMs = performance.now();
    await book.append({ kind: 'waits', for: [...waits] });
  }
}
