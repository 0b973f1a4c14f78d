import { type RolloutEntry, rolloutEntrySchema } from '../model/ledger';
import { RolloutRecord } from '../model/record';
import { booksByAge, booksOf, bookThatStarts, eachEntryOf } from './books';
import type { Ledger } from './ledger';

const rolloutStart = 'r-';

/** Whether a book of the ledger is a rollout's: it has the rollout's ID for a name. */
export const isRolloutBook = (book: string) => book.startsWith(rolloutStart);

/** @returns the IDs of all rollouts. */
export async function rolloutIds(ledger: Ledger): Promise<string[]> {
  return booksOf(ledger, rolloutStart);
}

/** Shows each entry of one rollout, oldest first, and keeps none. @returns where they end. */
export function eachEntry(
  ledger: Ledger,
  rollout: string,
  see: (entry: RolloutEntry) => void,
): Promise<number> {
  return eachEntryOf(ledger, rollout, (entry) => see(rolloutEntrySchema.parse(entry)));
}

/** @returns the IDs of all rollouts, the one that began last first. */
export async function rolloutsByAge(ledger: Ledger): Promise<string[]> {
  return booksByAge(ledger, await rolloutIds(ledger));
}

/** @param start - of an ID, that no other has. @throws TG_ROLLOUT_NOT_FOUND */
export async function findRolloutId(ledger: Ledger, start: string): Promise<string> {
  return bookThatStarts(await rolloutIds(ledger), start, { code: 'TG_ROLLOUT_NOT_FOUND', what: 'rollout' });
}

/** @returns what the ledger's entries of one rollout add up to, and where they end: who follows it goes on there. */
export async function readRolloutBook(
  ledger: Ledger,
  id: string,
): Promise<{ record: RolloutRecord; endByte: number }> {
  const record = new RolloutRecord();
  const endByte = await eachEntry(ledger, id, (entry) => record.add(entry));
  return { record, endByte };
}

/** @returns all entries of one rollout, oldest first: of a large one some 100 MB. */
export async function readRolloutEntries(ledger: Ledger, id: string): Promise<RolloutEntry[]> {
  const entries: RolloutEntry[] = [];
  await eachEntry(ledger, id, (entry) => entries.push(entry));
  return entries;
}

/** @returns how each rollout was first started; those that never were are left out. */
export async function firstStarts(ledger: Ledger): Promise<Extract<RolloutEntry, { kind: 'started' }>[]> {
  const starts = [];
  for (const id of await rolloutIds(ledger)) {
    const start = await firstStart(ledger, id);
    if (start) starts.push(start);
  }
  return starts;
}

/** @returns how a rollout was first started; undefined when it never was. */
export async function firstStart(
  ledger: Ledger,
  id: string,
): Promise<Extract<RolloutEntry, { kind: 'started' }> | undefined> {
  for await (const line of ledger.read(id)) {
    const entry = rolloutEntrySchema.parse(line);
    if (entry.kind === 'started') return entry;
  }
  return undefined;
}
