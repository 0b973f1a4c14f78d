import { TidegateError } from './errors';
import type { HostRecord, RolloutRecord } from './record';

/** `@ROLLOUT:STATE` in a selector: the start of a rollout's ID, and a word of `hostGroups`. */
const pattern = /^(r-[0-9a-f]*):(.*)$/;

/** What hosts of a rollout can be asked for by: the states, as people meet them in reports. */
const hostGroups: Record<string, (host: Pick<HostRecord, 'state' | 'failure' | 'tries'>) => boolean> = {
  pending: ({ state }) => state === 'pending',
  /** Not reached yet, and tried. */
  unreachable: ({ state, tries }) => state === 'pending' && tries > 0,
  untouched: ({ state }) => state === 'untouched',
  owed: ({ state }) => state === 'owed',
  applied: ({ state }) => state === 'applied',
  /** Also those that were taken back because they failed: that is what a person looks for. */
  failed: ({ state, failure }) => failure && state !== 'quarantined',
  'rolled-back': ({ state }) => state === 'rolled back',
  quarantined: ({ state }) => state === 'quarantined',
};

/** @returns which hosts of which rollout the group of a selector means; undefined when it means something else. */
export function rolloutGroup(group: string): { rollout: string; state: string } | undefined {
  const [, rollout, state] = pattern.exec(group) ?? [];
  return rollout === undefined || state === undefined ? undefined : { rollout, state };
}

/**
 * @param names - the rollout's hosts in their order: one that the record does not know is pending.
 * @returns those in the state. @throws TG_SELECTOR_INVALID for a word that is no state.
 */
export function hostsInState(record: RolloutRecord, names: readonly string[], state: string): string[] {
  const matches = Object.hasOwn(hostGroups, state) ? hostGroups[state] : undefined;
  if (!matches)
    throw new TidegateError(
      'TG_SELECTOR_INVALID',
      `hosts of a rollout are ${Object.keys(hostGroups).join(', ')}, and not ${JSON.stringify(state)}`,
    );
  const unknown = { state: 'pending', failure: false, tries: 0 } as const;
  return names.filter((_, index) => matches(record.hosts.get(index) ?? unknown));
}
