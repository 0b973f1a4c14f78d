import type { RolloutEntry } from '../../model/ledger';
import { RolloutRecord } from '../../model/record';
import type { Evidence, Violation } from './evidence';

/** 5: never more failures than the budget has, and in wave 1 never more than its own; nothing begins while the gate is shut. */
export function keptBudget({ entries, setup }: Evidence): Violation[] {
  const record = new RolloutRecord();
  const violations: Violation[] = [];
  // Written before the gate was asked a last time, and never sent.
  const isVoid = new Set(entries.flatMap((entry) => (entry.kind === 'void' ? [entry.operation] : [])));
  let firstWaveOnly = true;
  for (const entry of entries) {
    record.add(entry);
    if (goesBack(entry)) break;
    // Behind wave 1, or by a person's word, the budget of the whole counts.
    if (record.wave > 1 || (entry.kind === 'asked' && entry.verb === 'resume')) firstWaveOnly = false;
    const limit = firstWaveOnly ? Math.min(setup.firstWaveStopAt, record.stopAt) : record.stopAt;
    if (entry.kind === 'state' && entry.failure && record.failures() > limit)
      violations.push({
        invariant: 5,
        host: entry.host,
        what: `failure ${record.failures()} of at most ${limit}`,
      });
    if (
      entry.kind === 'begun' &&
      entry.action === 'apply' &&
      record.gate === 'closed' &&
      !isVoid.has(entry.operation)
    )
      violations.push({
        invariant: 5,
        host: entry.host,
        what: `${entry.operation} began after the gate was shut`,
      });
  }
  return violations;
}

/** From here on caps hold, and the budget does not (docs/rollouts.md). */
const goesBack = (entry: RolloutEntry) => entry.kind === 'phase' && entry.phase === 'rolling back';
