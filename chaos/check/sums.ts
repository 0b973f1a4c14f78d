import type { Evidence, Violation } from './evidence';

/** 3: the hosts of all states add up to those that were selected. */
export function addUp({ record: { started, hosts } }: Evidence): Violation[] {
  if (!started) return [{ invariant: 3, host: '', what: 'the ledger has no start of the rollout' }];
  const found: string[] = [];
  const told = [...hosts.keys()].filter((index) => index >= 0).length;
  if (told > started.hosts) found.push(`${told} hosts have a state, of ${started.hosts} to change`);
  const untouched = Object.values(started.untouched).reduce((sum, count) => sum + count, 0);
  if (started.hosts + untouched !== started.selected)
    found.push(`${started.hosts} to change and ${untouched} untouched are not ${started.selected} selected`);
  return found.map((what) => ({ invariant: 3, host: '', what }));
}
