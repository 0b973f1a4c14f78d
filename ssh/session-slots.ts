/**
 * How many commands run at once on one connection; the others wait their turn.
 * sshd's MaxSessions is 10 by default; where a host allows fewer, `shrink` learns it.
 */
export class SessionSlots {
  #limit = MOST_SESSIONS;
  #taken = 0;
  #failure: Error | undefined;
  readonly #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  /** @throws the signal's reason, or the error given to fail() */
  take(signal?: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal?.reason);
      };
      const waiter = {
        resolve: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        reject: (error: unknown) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  give(): void {
    this.#taken -= 1;
    if (this.#taken >= this.#limit) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#taken += 1;
    next.resolve();
  }

  /** The host refused one more session. @returns whether waiting for another to end can help. */
  shrink(): boolean {
    if (this.#taken <= 1) return false;
    this.#limit = Math.min(this.#limit, this.#taken - 1);
    return true;
  }

  /** The connection is gone: whoever waits is told. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#failure);
  }
}

/** Two below sshd's default MaxSessions: a session that timed out may still be open on the host. */
const MOST_SESSIONS = 8;
