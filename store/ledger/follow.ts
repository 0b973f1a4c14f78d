import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type LedgerLine, readLines } from './read';

/** inotify(7) tells at once; where it cannot (network file systems, its limit reached), this often is enough. */
const pollMs = 500;

/**
 * The lines of a book from `fromByte`, then each new one as it is written, until `signal` is aborted.
 * The book may not be there yet.
 * @throws as `readLines`.
 */
export async function* followLines(
  path: string,
  signal: AbortSignal,
  fromByte = 0,
): AsyncGenerator<LedgerLine> {
  const changes = new Changes(path, signal);
  try {
    let endByte = fromByte;
    while (!signal.aborted) {
      for await (const line of readLines(path, endByte)) {
        endByte = line.endByte;
        yield line;
        if (signal.aborted) return;
      }
      await changes.next();
    }
  } finally {
    changes.close();
  }
}

/** Remembers a change that came while nobody waited, so that none is missed between a read and the wait. */
class Changes {
  #watcher: FSWatcher | undefined;
  #changed = false;
  #wake = () => {};

  constructor(
    private readonly path: string,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', this.#abort);
    this.#watcher = this.#watch();
  }

  /** Resolves at the next change, at the next poll, or when the signal is aborted. */
  async next(): Promise<void> {
    this.#watcher ??= this.#watch();
    if (!this.#changed && !this.signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, pollMs);
      });
      clearTimeout(timer);
    }
    this.#changed = false;
  }

  close(): void {
    this.signal.removeEventListener('abort', this.#abort);
    this.#watcher?.close();
  }

  /** The folder is watched, as the book may not be there yet; while the folder is not either, polling remains. */
  #watch(): FSWatcher | undefined {
    try {
      const watcher = watch(dirname(this.path), (_event, name) => {
        if (name === null || name === basename(this.path)) this.#note();
      });
      return watcher.on('error', () => watcher.close());
    } catch {
      return undefined;
    }
  }

  /** Also when nobody asks for a further line: a watcher keeps the process alive. */
  readonly #abort = (): void => {
    this.#watcher?.close();
    this.#note();
  };

  readonly #note = (): void => {
    this.#changed = true;
    this.#wake();
  };
}
