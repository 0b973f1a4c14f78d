import { TidegateError } from '../model/errors';
import { type RolloutEntry, rolloutEntrySchema } from '../model/ledger';
import { RolloutRecord } from '../model/record';
import type { Ledger } from './ledger';

/** @returns the IDs of all rollouts: each has a book of the ledger, of that name. */
export async function rolloutIds(ledger: Ledger): Promise<string[]> {
  return (await ledger.books()).filter((book) => book.startsWith('r-'));
}

/** @returns the IDs of all rollouts, the one that began last first. */
export async function rolloutsByAge(ledger: Ledger): Promise<string[]> {
  const begun: { id: string; at: string }[] = [];
  for (const id of await rolloutIds(ledger)) begun.push({ id, at: await firstAt(ledger, id) });
  return begun.sort((a, b) => b.at.localeCompare(a.at)).map(({ id }) => id);
}

/** @param start - of an ID, that no other has. @throws TG_ROLLOUT_NOT_FOUND */
export async function findRolloutId(ledger: Ledger, start: string): Promise<string> {
  const found = (await rolloutIds(ledger)).filter((id) => id.startsWith(start));
  if (found.length === 1) return found[0]!;
  throw new TidegateError('TG_ROLLOUT_NOT_FOUND', {
    detail: found.length === 0 ? `no rollout ${start}` : `${start} can be ${found.join(' or ')}`,
  });
}

/** @returns all that the ledger says of one rollout, oldest first, and what it adds up to. */
export async function readRolloutBook(
  ledger: Ledger,
  id: string,
): Promise<{ entries: RolloutEntry[]; record: RolloutRecord }> {
  const entries: RolloutEntry[] = [];
  const record = new RolloutRecord();
  for await (const line of ledger.read(id)) {
    const entry = rolloutEntrySchema.parse(line);
    entries.push(entry);
    record.add(entry);
  }
  return { entries, record };
}

async function firstAt(ledger: Ledger, id: string): Promise<string> {
  for await (const entry of ledger.read(id)) return rolloutEntrySchema.parse(entry).at;
  return '';
}
