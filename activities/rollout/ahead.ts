import type { RolloutWork } from './work';

/** Hosts looked at and staged ahead of those that have a slot, so that a free slot never waits for a look. */
const aheadOfSlots = 2;

/**
 * Which hosts of a batch are taken up: as many again as there are slots, of each domain and in all. Those that wait for
 * room in their domain stand in nobody's way: a domain that is full does not keep the others from going on.
 */
export class Ahead {
  readonly #inDomain = new Map<string, number>();
  #inAll = 0;

  /** @param mine - hosts that were taken up and are not through. */
  constructor(
    private readonly work: RolloutWork,
    mine: Iterable<number>,
  ) {
    for (const index of mine) this.add(index);
  }

  takes(index: number): boolean {
    const { domain, caps } = this.work.wanted(index);
    return (
      this.#inAll < caps.total * aheadOfSlots &&
      (this.#inDomain.get(domain) ?? 0) < Math.min(caps.domain, caps.total) * aheadOfSlots
    );
  }

  add(index: number): void {
    const { domain } = this.work.wanted(index);
    this.#inDomain.set(domain, (this.#inDomain.get(domain) ?? 0) + 1);
    if (!this.work.waitsForRoom(index)) this.#inAll += 1;
  }
}
