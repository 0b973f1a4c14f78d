/** What a host of a rollout can be; it is exactly one of these at any time (DESIGN.md, Words). */
export const hostStates = [
  'pending',
  'untouched',
  'owed',
  'applied',
  'failed',
  'rolled back',
  'quarantined',
] as const;
export type HostState = (typeof hostStates)[number];

/** Why a host was left as it was. */
export const untouchedReasons = ['already', 'not installed', 'held', 'removed', 'refused', 'newer'] as const;
export type UntouchedReason = (typeof untouchedReasons)[number];

/** One host's result, as an activity reports it and the ledger keeps it. `code` names why, for the exceptions. */
export interface HostOutcome {
  readonly index: number;
  readonly state: Exclude<HostState, 'pending'> | 'unreachable';
  /** An error code, an untouched reason, or a check that failed; absent when applied or rolled back plainly. */
  readonly code?: string;
  /** Whether it spends the failure budget (DESIGN.md decision 4). */
  readonly countsAsFailure: boolean;
}
