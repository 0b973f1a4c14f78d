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
const known = new Map(entries.map((entry) => [formatLine(entry).toString('latin1').slice(0, -1), entry]));
const added = { kind: 'added' };

/**
 * A book of the ledger whose bytes a disk, or somebody, changed: an entry that was not written is never read. Whole lines
 * that stand twice, or out of turn, are not seen.
 */
export const ledger: readonly Target[] = [
  {
    name: 'ledger',
    input: mutated([book]),
    open: (folder) => async (input) => {
      const { read, error } = await readBook(folder, input);
      const lines = linesOf(input);
      const damaged = lines.findIndex((line) => !known.has(line));
      const whole = damaged < 0 ? lines : lines.slice(0, damaged);
      mustHold(
        isDeepStrictEqual(
          read,
          whole.map((line) => known.get(line)),
        ),
        'every line that was written is an entry',
      );
      mustHold(damaged < 0 === (error === undefined), 'a line that was not written is an error');
      if (error === undefined) return;
      mustHold(error.message.includes(`:${damaged + 1}:`), `line ${damaged + 1} is named: ${error.message}`);
      throw error;
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
/** What follows the last line break was torn, or is being written. */
const linesOf = (input: Uint8Array) => Buffer.from(input).toString('latin1').split('\n').slice(0, -1);
