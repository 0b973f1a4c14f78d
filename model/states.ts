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
