import type { Reached, Steps } from './steps';

/** From a worker's kill -9 to the next operation that was begun, by the next worker. */
export interface Recovered {
  readonly ms: number;
  /** Nothing else was wrong in between. */
  readonly alone: boolean;
}

/** In these, operations are begun; in any other phase a person or a clock is waited for, and not the worker. */
const begins = ['wave', 'rolling back'];

/** Watches how long it takes from each kill of the worker to the next begin. */
export class Recovery {
  readonly recovered: Recovered[] = [];
  #killedAtMs: number | undefined;
  #alone = true;
  #others = 0;
  /** Hears of nothing more. */
  readonly end: () => void;

  constructor(steps: Steps) {
    this.end = steps.hear((reached) => this.#hear(reached));
  }

  killed(): void {
    this.#killedAtMs = performance.now();
    this.#alone = this.#others === 0;
  }

  /** Another fault than the worker's death happens. @returns what says that it is over */
  disturbed(): () => void {
    this.#alone = false;
    this.#others += 1;
    return () => {
      this.#others -= 1;
    };
  }

  #hear({ step, detail = '' }: Reached): void {
    if (this.#killedAtMs === undefined) return;
    if (step === 'ledger:phase' && !begins.includes(detail)) this.#killedAtMs = undefined;
    if (step !== 'ledger:begun' || this.#killedAtMs === undefined) return;
    this.recovered.push({ ms: Math.round(performance.now() - this.#killedAtMs), alone: this.#alone });
    this.#killedAtMs = undefined;
  }
}
