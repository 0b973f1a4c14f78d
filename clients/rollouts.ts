import { z } from 'zod';
import { TidegateError } from '../model/errors';
import { type PlannedHost, type PlanRecord, plannedHostSchema, planRecordSchema } from '../model/plan-record';
import type { RolloutRecord } from '../model/record';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { findRolloutId, firstStart, readRolloutBook, rolloutsByAge } from '../store/rollout-books';
import { type RolloutPicture, rolloutPicture } from './view/rollout/picture';
import { shortId } from './view/rollout/words';

/** The frozen plan of a rollout, as the store has it. */
export interface KnownPlan {
  readonly digest: string;
  readonly plan: PlanRecord;
  readonly list: readonly PlannedHost[];
}

/** A rollout as the store has it: nothing is asked of Temporal or the worker. */
export interface KnownRollout extends KnownPlan {
  readonly id: string;
  readonly record: RolloutRecord;
  /** Where the ledger was read to: whoever follows the rollout goes on there. */
  readonly endByte: number;
}

/**
 * @param given - the ID, or a start of it that no other has; the newest rollout when absent
 * @throws TG_ROLLOUT_NOT_FOUND; TG_ROLLOUT_NOT_STARTED for a release whose rollout has not begun
 */
export async function readRollout(home: Home, given?: string): Promise<KnownRollout> {
  const ledger = await Ledger.open(home.ledger);
  const id = await findRollout(ledger, given);
  const { record, endByte } = await readRolloutBook(ledger, id);
  if (!record.started) throw notStarted(id, record);
  return { id, record, endByte, ...(await readPlan(home, record.started.plan)) };
}

/** Where a request to a rollout goes, and where the ledger will answer it. */
export interface RolloutAddress {
  readonly id: string;
  readonly fleet: string;
  readonly package: string;
  readonly endByte: number;
}

/** As `readRollout`, without reading its book. */
export async function addressOf(home: Home, given?: string): Promise<RolloutAddress> {
  const ledger = await Ledger.open(home.ledger);
  const id = await findRollout(ledger, given);
  const started = await firstStart(ledger, id);
  if (!started) throw notStarted(id, (await readRolloutBook(ledger, id)).record);
  return { id, fleet: started.fleet, package: started.package, endByte: await ledger.endByte(id) };
}

/** @returns the picture of a rollout now. */
export function pictureOf({ record, plan, list }: KnownRollout): RolloutPicture {
  return rolloutPicture(record, plan, list, Date.now());
}

/** @returns the ID of a rollout by a start of it, the newest when none is given. @throws TG_ROLLOUT_NOT_FOUND */
export async function findRollout(ledger: Ledger, given?: string): Promise<string> {
  if (given !== undefined) return findRolloutId(ledger, given);
  const [newest] = await rolloutsByAge(ledger);
  if (newest !== undefined) return newest;
  throw new TidegateError('TG_ROLLOUT_NOT_FOUND', {
    detail: 'there is no rollout yet',
    next: 'tidegate rollout plan PLAN',
  });
}

/**
 * The rollouts that the ledger knows, the newest first. Only the books of those that are given are read to their end.
 * @param last - how many at most
 */
export async function lastRollouts(
  home: Home,
  last: number,
): Promise<{ rollouts: { id: string; record: RolloutRecord }[]; older: number }> {
  const ledger = await Ledger.open(home.ledger);
  const ids = await rolloutsByAge(ledger);
  const rollouts: { id: string; record: RolloutRecord }[] = [];
  for (const id of ids.slice(0, last))
    rollouts.push({ id, record: (await readRolloutBook(ledger, id)).record });
  return { rollouts, older: Math.max(0, ids.length - last) };
}

/** @throws TG_STORE_MISSING when the store does not have it. */
export async function readPlan(home: Home, digest: string): Promise<KnownPlan> {
  const files = new Files(home.files);
  const plan = await files.getJson(digest, planRecordSchema);
  return { digest, plan, list: await files.getJson(plan.list, z.array(plannedHostSchema)) };
}

function notStarted(id: string, { phase, ended, release }: RolloutRecord): TidegateError {
  const short = shortId(id);
  if (ended || !release)
    return new TidegateError('TG_ROLLOUT_NOT_STARTED', {
      detail: `${short} ended before its rollout began: ${[ended?.result, ended?.detail].filter(Boolean).join(', ')}`,
      next: `tidegate rollout events ${short}`,
    });
  return new TidegateError('TG_ROLLOUT_NOT_STARTED', {
    detail: `${short}, the release of ${release.package}, is ${phase}`,
    next: `tidegate release ${release.recipePath} ${release.planPath}`,
  });
}
