import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TidegateError } from '../../model/errors';
import { makeFolder, nameDiskError, syncFolder } from '../durable';
import { wholeLinesBytes } from './read';

/** A book of a rollout under way is written many times a second; one that ended must not hold a descriptor. */
const idleCloseMs = 5_000;

interface Append {
  readonly lines: Buffer;
  resolve(): void;
  reject(error: unknown): void;
}

/** Appends to one book in the order of the calls; those that wait at one time share a write and an fdatasync. */
export class BookWriter {
  #waiting: Append[] = [];
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #opened = false;
  /** Length of the book as far as it is acknowledged. */
  #syncedBytes = 0;
  /** Whether bytes may lie behind the acknowledged ones: a write failed, and so did the cut after it. */
  #torn = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(private readonly path: string) {}

  /** Resolves when `lines` are on the disk; when it rejects, none of them is in the book. */
  append(lines: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, resolve, reject });
      this.#writing ??= this.#writeWaiting();
    });
  }

  /** Waits for the appends under way and gives the file back. */
  async close(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#idle);
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #writeWaiting(): Promise<void> {
    clearTimeout(this.#idle);
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#writeGroup(Buffer.concat(group.map(({ lines }) => lines)));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = undefined;
    this.#idle = setTimeout(() => void this.close(), idleCloseMs).unref();
  }

  async #writeGroup(lines: Buffer): Promise<void> {
    try {
      this.#file ??= await this.#openBook();
      if (this.#torn) await this.#cut(this.#file, this.#syncedBytes);
      await this.#requireUnmoved(this.#file);
      await this.#writeSynced(this.#file, lines);
    } catch (error) {
      throw nameDiskError(error, this.path);
    }
  }

  /** The first time, also cuts what a crash left behind the last whole line: it was never acknowledged. */
  async #openBook(): Promise<FileHandle> {
    await makeFolder(dirname(this.path));
    const file = await open(this.path, 'a+', 0o600);
    try {
      if (!this.#opened) {
        const { size } = await file.stat();
        if (size === 0) await syncFolder(dirname(this.path));
        this.#syncedBytes = await wholeLinesBytes(file, size);
        if (this.#syncedBytes < size) await this.#cut(file, this.#syncedBytes);
        this.#opened = true;
      }
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #requireUnmoved(file: FileHandle): Promise<void> {
    const { size } = await file.stat();
    if (size !== this.#syncedBytes)
      throw new TidegateError(
        'TG_LEDGER_CONTENDED',
        `${this.path} has ${size} bytes where this process left ${this.#syncedBytes}`,
      );
  }

  async #writeSynced(file: FileHandle, lines: Buffer): Promise<void> {
    this.#torn = true;
    try {
      for (let written = 0; written < lines.length; )
        written += (await file.write(lines, written, lines.length - written)).bytesWritten;
      await file.datasync();
    } catch (error) {
      // When this fails too, the next append tries it again before it writes.
      await this.#cut(file, this.#syncedBytes).catch(() => undefined);
      throw error;
    }
    this.#torn = false;
    this.#syncedBytes += lines.length;
  }

  async #cut(file: FileHandle, lengthBytes: number): Promise<void> {
    await file.truncate(lengthBytes);
    await file.datasync();
    this.#torn = false;
  }
}
