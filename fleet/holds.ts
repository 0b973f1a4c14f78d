import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../model/canonical';
import { TidegateError } from '../model/errors';
import { type Hold, holdSchema } from '../model/fleet';
import { fold } from '../model/nodeset';
import { hasCode, makeFolder, replaceFile } from '../store/durable';
import { withLock } from '../store/flock';

const holdsSchema = z.array(holdSchema);

/** A change of the holds takes milliseconds; whoever waits longer waits for something that hangs. */
const lockWaitSeconds = 5;

/**
 * @param stateFolder the home's state folder; the holds are in its holds.json.
 * @param now what an `until` is measured against.
 * @returns the holds that are in force, sorted by host.
 * @throws TG_FILE_INVALID when holds.json is not what we wrote: no hold is ever lost silently.
 */
export async function readHolds(stateFolder: string, now: Date): Promise<Hold[]> {
  const holds = await everyHold(stateFolder);
  return holds.filter(({ until }) => until === undefined || Date.parse(until) > now.getTime());
}

/** Writes down what is about to change, while nobody else can change it. */
type RecordChange = () => Promise<void>;

/** Holds hosts; a hold that one has already is replaced. Safe beside other processes that do the same. */
export async function writeHolds(
  stateFolder: string,
  given: readonly Hold[],
  record?: RecordChange,
): Promise<void> {
  const checked = new Map(given.map((hold) => [hold.host, holdSchema.parse(hold)]));
  const alter = (holds: Hold[]) => [...holds.filter(({ host }) => !checked.has(host)), ...checked.values()];
  await change(stateFolder, alter, record);
}

/**
 * @returns the holds that were lifted.
 * @throws TG_HOLD_MISSING when one of the hosts has none, not even an expired one: then none is lifted.
 */
export async function liftHolds(
  stateFolder: string,
  hosts: readonly string[],
  record?: RecordChange,
): Promise<Hold[]> {
  const meant = new Set(hosts);
  const lifted: Hold[] = [];
  const alter = (holds: Hold[]) => {
    const held = new Set(holds.map(({ host }) => host));
    const free = [...meant].filter((host) => !held.has(host));
    if (free.length > 0)
      throw new TidegateError('TG_HOLD_MISSING', {
        detail: `${fold(free)} ${free.length === 1 ? 'is' : 'are'} not held`,
        hosts: free,
      });
    lifted.push(...holds.filter(({ host }) => meant.has(host)));
    return holds.filter(({ host }) => !meant.has(host));
  };
  await change(stateFolder, alter, record);
  return lifted;
}

/**
 * Takes the holds in force over into another state, and does `work` while nobody can change them: a hold replaces the
 * one that the host has there, and what is held there alone stays held.
 * @returns the hosts that are held although they are not held so there.
 */
export async function keepHolds(
  stateFolder: string,
  other: string,
  work: () => Promise<void>,
): Promise<string[]> {
  return locked(stateFolder, async () => {
    const now = new Date();
    const there = new Set((await readHolds(other, now)).map((hold) => canonicalJson(hold)));
    const kept = (await readHolds(stateFolder, now)).filter((hold) => !there.has(canonicalJson(hold)));
    if (kept.length > 0) await writeHolds(other, kept);
    await work();
    return kept.map(({ host }) => host);
  });
}

async function change(
  stateFolder: string,
  alter: (holds: Hold[]) => Hold[],
  record: RecordChange = async () => {},
): Promise<void> {
  await makeFolder(stateFolder);
  const rewrite = async () => {
    const holds = alter(await everyHold(stateFolder)).sort((a, b) => (a.host < b.host ? -1 : 1));
    await record();
    await replaceFile(holdsFile(stateFolder), `${JSON.stringify(holds, null, 2)}\n`);
  };
  await locked(stateFolder, rewrite);
}

function locked<T>(stateFolder: string, work: () => Promise<T>): Promise<T> {
  return withLock(join(stateFolder, 'holds.lock'), work, { waitSeconds: lockWaitSeconds });
}

async function everyHold(stateFolder: string): Promise<Hold[]> {
  const path = holdsFile(stateFolder);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
  try {
    return holdsSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new TidegateError(
      'TG_FILE_INVALID',
      {
        detail: `${path} is not the list of holds that tidegate writes`,
        next: `look at ${path}, and mend it or restore it`,
      },
      { cause: error },
    );
  }
}

function holdsFile(stateFolder: string): string {
  return join(stateFolder, 'holds.json');
}
