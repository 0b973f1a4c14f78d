import type { RolloutEntry } from '../../model/ledger';
import { RolloutRecord } from '../../model/record';
import type { Evidence, Violation } from './evidence';

/**
 * 5: never more failures than the budget has, and in wave 1 never more than its own; no more hosts in progress than could
 * all fail within it; nothing begins while the gate is shut. While hosts are taken back caps hold, and the budget does not
 * (docs/rollouts.md); it does again for whatever is tried after that.
 */
export function keptBudget({ entries, setup }: Evidence): Violation[] {
  const record = new RolloutRecord();
  const violations: Violation[] = [];
  // Written before the gate was asked a last time, and never sent.
  const isVoid = new Set(entries.flatMap((entry) => (entry.kind === 'void' ? [entry.operation] : [])));
  let firstWaveOnly = true;
  let goesBack = false;
  for (const entry of entries) {
    record.add(entry);
    if (entry.kind === 'phase') goesBack = entry.phase === 'rolling back' || (goesBack && isStill(entry));
    // Behind wave 1, or by a person's word, the budget of the whole counts.
    if (record.wave > 1 || (entry.kind === 'asked' && entry.verb === 'resume')) firstWaveOnly = false;
    const limit = firstWaveOnly ? Math.min(setup.firstWaveStopAt, record.stopAt) : record.stopAt;
    const violate = (host: string, what: string) => violations.push({ invariant: 5, host, what });
    if (entry.kind === 'state' && entry.failure && !goesBack && record.failures() > limit)
      violate(entry.host, `failure ${record.failures()} of at most ${limit}`);
    if (entry.kind !== 'begun' || entry.action !== 'apply' || isVoid.has(entry.operation)) continue;
    if (record.gate === 'closed') violate(entry.host, `${entry.operation} began after the gate was shut`);
    const atRisk = record.failures() + inProgress(record, isVoid);
    if (atRisk > limit) violate(entry.host, `${atRisk} have failed, or may yet, of at most ${limit}`);
  }
  return violations;
}

/** A rollback that is paused, or waits, has not gone over to something else. */
const isStill = ({ phase }: Extract<RolloutEntry, { kind: 'phase' }>) =>
  phase === 'paused' || phase === 'waiting for the window';

/** Hosts whose apply, or its undo, is in progress: whether it fails is not written yet. */
function inProgress({ hosts }: RolloutRecord, isVoid: ReadonlySet<string>): number {
  return [...hosts].filter(
    ([index, { state, running }]) =>
      index >= 0 && state === 'pending' && running !== undefined && !isVoid.has(running.operation),
  ).length;
}
