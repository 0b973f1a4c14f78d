import { type RolloutEntry, rolloutEntrySchema } from '../../model/ledger';
import { Ledger } from '../../store/ledger';
import type { TestFleet } from './fleet';

/** Less than a test is given, so that what never comes is named, and nothing polls on behind a test that is over. */
const untilLimitMs = 100_000;

/** Waits for what must come, as long as a busy machine may need for it. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const endsAt = Date.now() + untilLimitMs; Date.now() < endsAt; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came to that: ${holds}`);
}

/** Waits until a rollout is in a phase, and in a wave when one is named. */
export async function untilPhase(
  fleet: TestFleet,
  rollout: string,
  phase: string,
  wave?: number,
): Promise<void> {
  await until(async () => {
    const record = await fleet.record(rollout);
    return record.phase === phase && (wave === undefined || record.wave === wave);
  });
}

/** Everything that the ledger says of a rollout. */
export async function entriesOf(fleet: TestFleet, rollout: string): Promise<RolloutEntry[]> {
  const entries: RolloutEntry[] = [];
  const ledger = await Ledger.open(fleet.home.ledger);
  for await (const entry of ledger.read(rollout)) entries.push(rolloutEntrySchema.parse(entry));
  return entries;
}

/** What a signal carries. */
export function asked(given: { wave?: number; stopAt?: number; hosts?: string } = {}) {
  return { actor: { name: 'tests', proof: 'claimed', reason: 'as a test' }, ...given };
}
