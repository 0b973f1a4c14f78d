/** A worker that has not reached the server for this long may have been replaced (heartbeat timeout is 8 s). */
const freshMs = 6_000;
const pingEveryMs = 2_000;

/**
 * Whether this worker may still begin operations: it reached the server a moment ago, on a clock that SIGSTOP
 * does not stop (DESIGN.md decision 6: a stalled worker must not be two).
 */
export class Lease {
  #lastGoodMs = performance.now();
  #ended = false;
  readonly #timer: NodeJS.Timeout;

  /** @param ping - any call that the server answers. @param onFresh - called after each answer. */
  constructor(ping: () => Promise<unknown>, onFresh: () => void) {
    const beat = async () => {
      const askedMs = performance.now();
      try {
        await ping();
        this.#lastGoodMs = askedMs;
        onFresh();
      } catch {
        // Not reached: the lease runs out by itself, and Temporal's own retries tell the person.
      }
    };
    this.#timer = setInterval(() => void beat(), pingEveryMs);
  }

  fresh(): boolean {
    return !this.#ended && performance.now() - this.#lastGoodMs < freshMs;
  }

  /** Nothing begins from here on. */
  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }
}
