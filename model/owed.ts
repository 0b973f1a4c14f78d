import type { RolloutEntry } from './ledger';
import type { HostRecord, RolloutRecord } from './record';

/** Looking costs a host that is down nothing, and one that is back is patched within the hour. */
const longestWaitMs = 3_600_000;

/** What becomes of the hosts that a rollout could not reach: those it still looks for, or why it looks no more. */
export type Owing =
  | { readonly end: string }
  | { readonly hosts: readonly number[]; readonly untilMs: number };

/**
 * Decides whether the owed hosts of a rollout are still to be caught up without a person.
 * @param given.newer - a rollout of the same package that was started after this one.
 * @param given.stopAt - failures, in all, at which nothing more begins.
 */
export function owing(
  record: RolloutRecord,
  given: { nowMs: number; newer: string | undefined; stopAt: number },
): Owing {
  if (record.stopped) return { end: `the rollout was ${record.stopped}` };
  if (given.newer !== undefined) return { end: `superseded by ${given.newer}` };
  const owed = [...record.hosts].filter(([index, host]) => index >= 0 && isOwed(host));
  if (owed.length === 0) return { end: 'no host is owed any more' };
  const failures = record.failures();
  if (failures >= given.stopAt)
    return { end: `the failure budget is spent (${failures} of ${given.stopAt})` };
  const wanted = owed.filter(([, { until }]) => Date.parse(until!) > given.nowMs);
  if (wanted.length === 0) return { end: 'given up: not back in the time that the plan gives' };
  return {
    hosts: wanted.map(([index]) => index),
    untilMs: Math.max(...wanted.map(([, { until }]) => Date.parse(until!))),
  };
}

/** Owed, or taken up again by a catching up that did not come to its end. */
function isOwed({ state, until, running }: HostRecord): boolean {
  return (state === 'owed' || state === 'pending') && until !== undefined && running === undefined;
}

type Started = Extract<RolloutEntry, { kind: 'started' }>;

/** @returns the first rollout of the same package in the same fleet that was started after this one. */
export function newerThan(own: Started, all: readonly Started[]): string | undefined {
  return all
    .filter(({ fleet, package: name }) => fleet === own.fleet && name === own.package)
    .filter(({ rollout, at }) => rollout !== own.rollout && at > own.at)
    .sort((a, b) => (a.at < b.at ? -1 : 1))[0]?.rollout;
}

/** The wait before the next look: as long as between the rollout's own tries at first, then twice as long each time. */
export function lookAgainAfterMs(looks: number, firstMs: number): number {
  return Math.min(longestWaitMs, firstMs * 2 ** Math.min(looks, 40));
}
