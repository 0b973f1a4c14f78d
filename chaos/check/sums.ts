import type { RolloutEntry } from '../../model/ledger';
import type { Evidence, Violation } from './evidence';

/**
 * 3: every host that was selected is counted once, in its last state. The numbers are those of `rollout report`, as people
 * read them; what they are held to is read from the bare entries, past the record that the product keeps.
 */
export function addUp({ entries, reported, domains }: Evidence): Violation[] {
  const started = entries.find(({ kind }) => kind === 'started');
  if (started?.kind !== 'started')
    return [{ invariant: 3, host: '', what: 'the ledger has no start of the rollout' }];
  const violations: Violation[] = [];
  const violate = (what: string, host = '') => violations.push({ invariant: 3, host, what });
  const selected = [...domains.values()].filter((domain) => domain !== '').length;
  if (started.selected !== selected) violate(`${started.selected} are selected, of ${selected} hosts`);
  const untouched = sum(Object.values(started.untouched));
  if (started.hosts + untouched !== selected)
    violate(`${started.hosts} to change and ${untouched} untouched are not ${selected} selected`);
  if (sum(reported.sums) !== started.hosts)
    violate(`the report counts ${sum(reported.sums)} hosts, of ${started.hosts} to change`);
  const names = reported.hosts.map(({ host }) => host);
  if (new Set(names).size !== started.hosts)
    violate(`the report names ${new Set(names).size} hosts, of ${started.hosts} to change`);
  const last = lastStates(entries);
  for (const { host, state } of reported.hosts) {
    const known = last.get(host) ?? 'pending';
    if (state !== known) violate(`the report has it as ${state}, and the ledger as ${known}`, host);
    if (names.filter((name) => name === host).length > 1) violate('the report has it twice', host);
  }
  for (const host of last.keys())
    if (!names.includes(host)) violate('the ledger has a state of it, and the report has not', host);
  return violations;
}

/** Host of the rollout → the last state that was written of it. */
function lastStates(entries: readonly RolloutEntry[]): Map<string, string> {
  const last = new Map<string, string>();
  // Below 0 are control instances.
  for (const entry of entries)
    if ((entry.kind === 'state' || entry.kind === 'cleared') && entry.index >= 0)
      last.set(entry.host, entry.state);
  return last;
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
