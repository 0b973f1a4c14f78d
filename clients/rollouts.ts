import { z } from 'zod';
import { TidegateError } from '../model/errors';
import { type RolloutEntry, rolloutEntrySchema } from '../model/ledger';
import { type PlannedHost, type PlanRecord, plannedHostSchema, planRecordSchema } from '../model/plan-record';
import { RolloutRecord } from '../model/record';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { type RolloutPicture, rolloutPicture } from './view/rollout/picture';

/** The frozen plan of a rollout, as the store has it. */
export interface KnownPlan {
  readonly digest: string;
  readonly plan: PlanRecord;
  readonly list: readonly PlannedHost[];
}

/** A rollout as the store has it: nothing is asked of Temporal or the worker. */
export interface KnownRollout extends KnownPlan {
  readonly id: string;
  readonly entries: readonly RolloutEntry[];
  readonly record: RolloutRecord;
}

/**
 * @param given - the ID, or a start of it that no other has; the newest rollout when absent
 * @throws TG_ROLLOUT_NOT_FOUND
 */
export async function readRollout(home: Home, given?: string): Promise<KnownRollout> {
  const ledger = await Ledger.open(home.ledger);
  const id = await findRollout(ledger, given);
  const { entries, record } = await readBook(ledger, id);
  return { id, entries, record, ...(await readPlan(home, record.started?.plan ?? '')) };
}

/** @returns the picture of a rollout now. */
export function pictureOf({ record, plan, list }: KnownRollout): RolloutPicture {
  return rolloutPicture(record, plan, list, Date.now());
}

/** @returns the ID of a rollout by a start of it, the newest when none is given. @throws TG_ROLLOUT_NOT_FOUND */
export async function findRollout(ledger: Ledger, given?: string): Promise<string> {
  const ids = await rolloutIds(ledger);
  if (given === undefined) return newest(ledger, ids);
  const found = ids.filter((id) => id.startsWith(given));
  if (found.length === 1) return found[0]!;
  throw new TidegateError('TG_ROLLOUT_NOT_FOUND', {
    detail: found.length === 0 ? `no rollout ${given}` : `${given} can be ${found.join(' or ')}`,
  });
}

/** Every rollout that the ledger knows, the newest first. */
export async function allRecords(home: Home): Promise<{ id: string; record: RolloutRecord }[]> {
  const ledger = await Ledger.open(home.ledger);
  const ids = await rolloutIds(ledger);
  const records = await Promise.all(
    ids.map(async (id) => ({ id, record: (await readBook(ledger, id)).record })),
  );
  return records.sort((a, b) => startedAt(b.record).localeCompare(startedAt(a.record)));
}

/** @throws TG_STORE_MISSING when the store does not have it. */
export async function readPlan(home: Home, digest: string): Promise<KnownPlan> {
  const files = new Files(home.files);
  const plan = await files.getJson(digest, planRecordSchema);
  return { digest, plan, list: await files.getJson(plan.list, z.array(plannedHostSchema)) };
}

async function rolloutIds(ledger: Ledger): Promise<string[]> {
  return (await ledger.books()).filter((book) => book.startsWith('r-'));
}

async function newest(ledger: Ledger, ids: readonly string[]): Promise<string> {
  let found: { id: string; at: string } | undefined;
  for (const id of ids)
    for await (const entry of ledger.read(id)) {
      const { at } = rolloutEntrySchema.parse(entry);
      if (found === undefined || at > found.at) found = { id, at };
      break;
    }
  if (!found)
    throw new TidegateError('TG_ROLLOUT_NOT_FOUND', {
      detail: 'there is no rollout yet',
      next: 'tidegate rollout plan PLAN',
    });
  return found.id;
}

async function readBook(
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

function startedAt(record: RolloutRecord): string {
  return record.started?.at ?? '';
}
