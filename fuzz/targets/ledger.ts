import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { TidegateError } from '../../model/errors';
import { Ledger } from '../../store/ledger';
import { formatLine } from '../../store/ledger/line';
import { mutated } from '../input';
import { mustHold, type Target } from '../target';
import { written } from './documents';

const entries: readonly object[] = Array.from({ length: 12 }, (_, index) => ({
  kind: index % 2 === 0 ? 'begin' : 'end',
  at: `2026-03-02T10:00:${String(index).padStart(2, '0')}.000Z`,
  hosts: {
    from: index * 7,
    outcome: index % 5 === 0 ? 'TG_CHECK_FAILED' : 'ok',
    detail: 'äöü \u001b[31m "x" \\',
  },
}));
const book = Buffer.concat(entries.map(formatLine));
const known = new Set(entries.map((entry) => JSON.stringify(entry)));
const added = { kind: 'added' };

/** A book of the ledger whose bytes a disk, or somebody, changed: an entry that was not written is never read. */
export const ledger: readonly Target[] = [
  {
    name: 'ledger',
    input: mutated([book]),
    open: (folder) => async (input) => {
      const { read, error } = await readBook(folder, input);
      mustBeWritten(read);
      mustHold(error !== undefined || read.length <= linesOf(input), 'no more entries than lines');
      if (error === undefined)
        mustHold(read.length === linesOf(input), 'every whole line is an entry, or damaged');
      else throw error;
    },
  },
  {
    name: 'ledger-append',
    oneIn: 20,
    input: mutated([book]),
    open: (folder) => async (input) => {
      const before = await readBook(folder, input);
      const writing = await open(folder);
      await writing.append('r-1', added);
      await writing.close();
      const after = await readAll(folder);
      if (before.error !== undefined)
        throw after.error ?? new Error('a damaged book is whole after an append');
      mustHold(isDeepStrictEqual(after.read, [...before.read, added]), 'what was there, and what was added');
    },
  },
];

/** Each entry as it was written once. Pieces of a book that stand twice in it, or out of turn, are not seen. */
function mustBeWritten(read: readonly object[]): void {
  for (const entry of read)
    mustHold(known.has(JSON.stringify(entry)), `${JSON.stringify(entry)} was written`);
}

async function readBook(folder: string, input: Uint8Array) {
  mkdirSync(join(folder, 'ledger'), { recursive: true });
  written(join(folder, 'ledger'), 'r-1.log', input);
  return readAll(folder);
}

async function readAll(folder: string): Promise<{ read: object[]; error?: TidegateError }> {
  const read: object[] = [];
  try {
    for await (const entry of (await open(folder)).read('r-1')) read.push(entry);
    return { read };
  } catch (error) {
    if (error instanceof TidegateError) return { read, error };
    throw error;
  }
}

const open = (folder: string) => Ledger.open(join(folder, 'ledger'));
const linesOf = (input: Uint8Array) => Buffer.from(input).toString('latin1').split('\n').length - 1;
