import type { Steps } from './steps';

/** From a worker's kill -9 to the next operation that was begun, by the next worker. */
export interface Recovered {
  readonly ms: number;
  /** Nothing else happened in between: no other fault, and nobody paused it. */
  readonly alone: boolean;
}

/** Watches how long it takes from each kill of the worker to the next begin. */
export class Recovery {
  readonly recovered: Recovered[] = [];
  #killedAtMs: number | undefined;
  #alone = true;

  constructor(steps: Steps) {
    steps.hear(({ step }) => {
      if (step === 'ledger:begun') this.#begun();
      // Whatever it waits for now, it is no longer the worker.
      if (step === 'ledger:phase') this.forget();
    });
  }

  killed(): void {
    this.#killedAtMs = performance.now();
    this.#alone = true;
  }

  disturbed(): void {
    this.#alone = false;
  }

  forget(): void {
    this.#killedAtMs = undefined;
  }

  #begun(): void {
    if (this.#killedAtMs === undefined) return;
    this.recovered.push({ ms: Math.round(performance.now() - this.#killedAtMs), alone: this.#alone });
    this.#killedAtMs = undefined;
  }
}
