/**
 * The failure budget of one stretch of work: it can be spent and never overshot (DESIGN.md decision 4).
 * Begun and not verified is at most what is left, so that even if all of them fail there is no k+1-th failure.
 */
export class FailureBudget {
  #failures: number;
  #begun = 0;

  /**
   * @param stopAt - the failure at which everything stops; Infinity for work that has no budget (undo).
   * @param failures - failures counted so far.
   * @param overshoot - `inFlight` gives the guarantee up for speed: begins go on until the budget is spent.
   */
  constructor(
    readonly stopAt: number,
    failures: number,
    readonly overshoot: 'never' | 'inFlight' = 'never',
  ) {
    this.#failures = failures;
  }

  get failures(): number {
    return this.#failures;
  }

  get begun(): number {
    return this.#begun;
  }

  /** The stopAt-th failure has happened: nothing more may begin. */
  get spent(): boolean {
    return this.#failures >= this.stopAt;
  }

  /** Whether one more operation may begin now. */
  mayBegin(): boolean {
    if (this.spent) return false;
    return this.overshoot === 'inFlight' || this.#begun < this.stopAt - this.#failures;
  }

  begin(): void {
    this.#begun += 1;
  }

  /** An operation that was begun is verified, or has failed. */
  end(failed: boolean): void {
    this.#begun -= 1;
    if (failed) this.#failures += 1;
  }
}
