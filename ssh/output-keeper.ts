/**
 * Keeps the first `capBytes` of a stream and counts the rest. One growing buffer, not a list of chunks: a host
 * that writes single bytes would otherwise cost a hundred times its output in memory.
 */
export class OutputKeeper {
  totalBytes = 0;
  #kept = Buffer.alloc(0);
  #keptBytes = 0;

  constructor(readonly capBytes: number) {}

  add(chunk: Buffer): void {
    this.totalBytes += chunk.length;
    const bytes = Math.min(chunk.length, this.capBytes - this.#keptBytes);
    if (bytes <= 0) return;
    this.#grow(this.#keptBytes + bytes);
    chunk.copy(this.#kept, this.#keptBytes, 0, bytes);
    this.#keptBytes += bytes;
  }

  take(): Buffer {
    return this.#kept.subarray(0, this.#keptBytes);
  }

  #grow(neededBytes: number): void {
    if (neededBytes <= this.#kept.length) return;
    const larger = Buffer.alloc(Math.min(this.capBytes, Math.max(neededBytes, this.#kept.length * 2)));
    this.#kept.copy(larger, 0, 0, this.#keptBytes);
    this.#kept = larger;
  }
}
