import { type FileHandle, open } from 'node:fs/promises';
import { TidegateError } from '../../model/errors';
import { hasCode } from '../durable';
import { longestLineBytes, parseLine } from './line';

/** Large enough that 100,000 entries take some hundred reads, small enough to hold one for each reader. */
const chunkBytes = 256 * 1024;
/** How much is read at a time in search of the last line break. */
const stepBytes = 64 * 1024;
const newline = 0x0a;

export interface LedgerLine {
  readonly entry: object;
  /** Where the next line begins: reading goes on from here. */
  readonly endByte: number;
}

/**
 * The whole lines of a book that begin at `fromByte` or later, up to its end now; none when there is no book.
 * What follows the last line break was torn by a crash, or is being written: it is not an entry.
 * @throws TG_LEDGER_DAMAGED with file and line; TG_LEDGER_CUT when no line begins at `fromByte` any more.
 */
export async function* readLines(path: string, fromByte = 0): AsyncGenerator<LedgerLine> {
  for await (const lines of readStretches(path, fromByte)) yield* lines;
}

/** As `readLines`, many at a time: awaiting each of a million lines takes longer than reading them. */
export async function* readStretches(
  path: string,
  fromByte = 0,
  stretchBytes = chunkBytes,
): AsyncGenerator<LedgerLine[]> {
  const file = await openBook(path);
  if (file === undefined) return;
  try {
    if (fromByte > 0) await requireLineStart(file, path, fromByte);
    yield* linesOf(file, path, fromByte, stretchBytes);
  } finally {
    await file.close();
  }
}

/** @returns where the last whole line of a book ends; 0 when there is no book. */
export async function endOfLines(path: string): Promise<number> {
  const file = await openBook(path);
  if (file === undefined) return 0;
  try {
    return await wholeLinesBytes(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** @returns how much of the file ends with a line break; looks from the end, as only the end can be torn. */
export async function wholeLinesBytes(file: FileHandle, sizeBytes: number): Promise<number> {
  for (let end = sizeBytes; end > 0; ) {
    const start = Math.max(0, end - stepBytes);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const found = buffer.lastIndexOf(newline);
    if (found >= 0) return start + found + 1;
    end = start;
  }
  return 0;
}

async function* linesOf(
  file: FileHandle,
  path: string,
  fromByte: number,
  stretchBytes: number,
): AsyncGenerator<LedgerLine[]> {
  let startByte = fromByte;
  let suspectByte = -1;
  let kept: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = await readAt(file, startByte + kept.length, stretchBytes);
    if (chunk.length === 0) return;
    kept = Buffer.concat([kept, chunk]);
    let from = 0;
    const lines: LedgerLine[] = [];
    for (let end = kept.indexOf(newline); end >= 0; end = kept.indexOf(newline, from)) {
      const entry = parseLine(kept.subarray(from, end));
      if (entry === undefined) break;
      from = end + 1;
      lines.push({ entry, endByte: startByte + from });
    }
    if (lines.length > 0) yield lines;
    startByte += from;
    kept = kept.subarray(from);
    if (kept.includes(newline) || kept.length > longestLineBytes) {
      if (suspectByte === startByte) throw await damaged(file, path, startByte);
      // A writer may have cut a torn line and written another between our two reads of it: read it once more.
      suspectByte = startByte;
      kept = Buffer.alloc(0);
    }
  }
}

async function openBook(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function requireLineStart(file: FileHandle, path: string, byte: number): Promise<void> {
  const before = await readAt(file, byte - 1, 1);
  if (before[0] !== newline)
    throw new TidegateError('TG_LEDGER_CUT', `${path} was cut before byte ${byte} while it was followed`);
}

async function damaged(file: FileHandle, path: string, byte: number): Promise<TidegateError> {
  let line = 1;
  for (let at = 0; at < byte; ) {
    const chunk = await readAt(file, at, Math.min(chunkBytes, byte - at));
    if (chunk.length === 0) break;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, end + 1)) line += 1;
    at += chunk.length;
  }
  return new TidegateError('TG_LEDGER_DAMAGED', `${path}:${line}: the line does not match its checksum`);
}

async function readAt(file: FileHandle, byte: number, lengthBytes: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(lengthBytes), 0, lengthBytes, byte);
  return buffer.subarray(0, bytesRead);
}
