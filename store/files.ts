import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { canonicalJson } from '../model/canonical';
import { TidegateError } from '../model/errors';
import { hasCode, makeFolder, nameDiskError, syncFolder } from './durable';
import { isAlive } from './process';

/** What a file of the store is called, and how long it is. */
export interface StoredFile {
  /** SHA-256, lower-case hex. */
  readonly digest: string;
  readonly sizeBytes: number;
}

type Chunks = Iterable<Buffer> | AsyncIterable<Buffer | string>;

/**
 * Files named by the SHA-256 of their bytes: written once, never changed, checked when read.
 * Any number of processes may read and write one folder at the same time.
 */
export class Files {
  constructor(private readonly folder: string) {}

  /**
   * Keeps `bytes`; they are on the disk when this resolves.
   * @returns their SHA-256 (hex).
   * @throws TG_STORE_FULL; TG_STORE_DAMAGED when a file of that name is there with another size.
   */
  async put(bytes: Buffer | string): Promise<string> {
    const chunk = Buffer.from(bytes);
    const stored = { digest: createHash('sha256').update(chunk).digest('hex'), sizeBytes: chunk.length };
    if (!(await this.hasIntact(stored))) await this.putChunks([chunk]);
    return stored.digest;
  }

  /** Keeps a copy of the file at `path`, of any size, as `put` does. */
  async putFile(path: string): Promise<StoredFile> {
    // Opened before it is read: a stream that fails before anybody listens ends the process.
    const file = await open(path, 'r');
    return this.putStream(file.createReadStream());
  }

  /** Keeps what the stream gives until its end, as `put` does. A stream that fails leaves nothing behind. */
  async putStream(stream: Readable): Promise<StoredFile> {
    return this.putChunks(stream);
  }

  /** Keeps canonical JSON (model/canonical.ts), so that equal values have one digest. */
  async putJson(value: unknown): Promise<string> {
    return this.put(canonicalJson(value));
  }

  /**
   * @returns the bytes named `digest`, after hashing them again.
   * @throws TG_STORE_MISSING; TG_STORE_DAMAGED when they are not what was put.
   */
  async get(digest: string): Promise<Buffer> {
    const path = this.path(digest);
    const bytes = await readFile(path).catch((error: unknown) => {
      throw hasCode(error, 'ENOENT')
        ? new TidegateError('TG_STORE_MISSING', `${digest} is not in ${this.folder}`)
        : error;
    });
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== digest)
      throw new TidegateError('TG_STORE_DAMAGED', `${path} hashes to ${found}, not to its name`);
    return bytes;
  }

  /**
   * @returns the JSON named `digest`, parsed by `schema`.
   * @throws as `get`, and TG_STORE_DAMAGED when it does not fit the schema.
   */
  async getJson<T>(digest: string, schema: z.ZodType<T>): Promise<T> {
    const bytes = await this.get(digest);
    const parsed = schema.safeParse(parseJson(bytes));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new TidegateError(
      'TG_STORE_DAMAGED',
      `${this.path(digest)} is not the document expected: ${issue?.path.join('.') || 'it'}: ${issue?.message}`,
    );
  }

  /** @returns where the file named `digest` is, or would be; its bytes are not checked. */
  path(digest: string): string {
    if (!/^[0-9a-f]{64}$/.test(digest))
      throw new TidegateError('TG_INTERNAL', `not a SHA-256 in hex: ${JSON.stringify(digest)}`);
    return join(this.folder, digest.slice(0, 2), digest.slice(2, 4), digest);
  }

  async has(digest: string): Promise<boolean> {
    return (await this.sizeBytes(digest)) !== undefined;
  }

  /** @returns the size of the file named `digest`, or undefined when the store does not have it. */
  async sizeBytes(digest: string): Promise<number | undefined> {
    try {
      return (await stat(this.path(digest))).size;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** @returns what an ordinary account may still write. */
  async freeBytes(): Promise<number> {
    await makeFolder(this.folder);
    const { bavail, bsize } = await statfs(this.folder);
    return bavail * bsize;
  }

  /**
   * Removes what processes that were killed left half written. For a process that has written nothing yet: an
   * unfinished file in its own name is of one before it that had the same ID.
   */
  async removeUnfinished(): Promise<void> {
    const incoming = join(this.folder, 'incoming');
    const names = await readdir(incoming).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
    for (const name of names) {
      const pid = Number(name.split('-')[0]);
      if (pid === process.pid || !isAlive(pid)) await rm(join(incoming, name), { force: true });
    }
  }

  private async putChunks(chunks: Chunks): Promise<StoredFile> {
    // The digest is known only after the last byte, so the temporary file cannot lie beside its final place;
    // it lies in the same file system, which is what rename(2) asks for.
    const incoming = join(this.folder, 'incoming');
    await makeFolder(incoming);
    const temporary = join(incoming, `${process.pid}-${randomBytes(8).toString('hex')}`);
    try {
      const stored = await writeSynced(temporary, chunks);
      if (!(await this.hasIntact(stored))) {
        const path = this.path(stored.digest);
        await makeFolder(dirname(path));
        await rename(temporary, path);
        await syncFolder(dirname(path));
      }
      return stored;
    } catch (error) {
      throw nameDiskError(error, this.folder);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  private async hasIntact(stored: StoredFile): Promise<boolean> {
    const found = await this.sizeBytes(stored.digest);
    if (found === undefined) return false;
    if (found === stored.sizeBytes) {
      // Another process may have renamed it a moment ago, and not have synced the folder yet.
      await syncFolder(dirname(this.path(stored.digest)));
      return true;
    }
    throw new TidegateError(
      'TG_STORE_DAMAGED',
      `${this.path(stored.digest)} has ${found} bytes instead of ${stored.sizeBytes}`,
    );
  }
}

async function writeSynced(path: string, chunks: Chunks): Promise<StoredFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const handle = await open(path, 'wx', 0o640);
  try {
    for await (const chunk of chunks) {
      const bytes = Buffer.from(chunk);
      hash.update(bytes);
      sizeBytes += bytes.length;
      await handle.writeFile(bytes);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { digest: hash.digest('hex'), sizeBytes };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
