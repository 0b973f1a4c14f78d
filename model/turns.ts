/** Work under one name waits for what was begun under that name before it, within this process. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** @returns what `work` returns, or throws; whether the work before it went well is no matter. */
  take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const running = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const over = running
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.#last.get(name) === over) this.#last.delete(name);
      });
    this.#last.set(name, over);
    return running;
  }
}
