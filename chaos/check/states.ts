import type { HostRecord } from '../../model/record';
import type { Evidence, Violation } from './evidence';
import type { HostFacts } from './facts';

/** 2: each host is in one state, and its rpm and its files say the same; its chain ends where the ledger's does. */
export function inItsState(evidence: Evidence): Violation[] {
  const { record, facts } = evidence;
  const violations: Violation[] = [];
  for (const { host } of facts.values()) {
    const known = [...record.hosts].find(([, { name }]) => name === host);
    const found = facts.get(host)!;
    const isControl = known !== undefined && known[0] < 0;
    const disagreement = isControl
      ? isNotBack(evidence, known[1], found)
      : disagrees(evidence, known?.[1], found);
    if (disagreement) violations.push({ invariant: 2, host, what: disagreement });
    const last = lastOperation(evidence, host);
    if (last && last !== found.head)
      violations.push({
        invariant: 2,
        host,
        what: `its last operation is ${found.head}, not ${last}`,
      });
  }
  return violations;
}

/** A control instance has what it had before, whatever became of the rehearsal, or a person has to look at it. */
function isNotBack(evidence: Evidence, { state }: HostRecord, found: HostFacts): string | undefined {
  const { from } = evidence.setup;
  if (state === 'quarantined' || wasCleared(evidence, found.host)) return undefined;
  return versionOf(evidence, found) === from
    ? undefined
    : `it is ${state} and has ${describe(found)}, not ${from}`;
}

function disagrees(evidence: Evidence, known: HostRecord | undefined, found: HostFacts): string | undefined {
  const { state = 'pending', code, lost = false, running } = known ?? {};
  const { from, to } = evidence.setup;
  const has = versionOf(evidence, found);
  const say = (wanted: string) =>
    `it is ${state}${code ? ` (${code})` : ''} and has ${describe(found)}, not ${wanted}`;
  if (running && evidence.record.ended && state !== 'quarantined')
    return `it is ${state}, the rollout is over, and its operation is not`;
  switch (state) {
    case 'applied':
      return has === to ? undefined : say(to);
    case 'rolled back':
    case 'pending':
    case 'untouched':
      return has === from || (state === 'untouched' && code === 'already' && has === to)
        ? undefined
        : say(from);
    case 'owed':
      // Known to be weaker (docs/architecture.md): lost, and out of reach since.
      return has === from || lost ? undefined : say(from);
    case 'failed':
      // Half-way, it is quarantined; a person may have said that it need not be.
      return has === from || has === to || (lost && wasCleared(evidence, found.host))
        ? undefined
        : say(`${from} or ${to}`);
    case 'quarantined':
      return code === undefined ? 'it is quarantined, and nothing says why' : undefined;
  }
}

/** @returns whether a person has lifted the quarantine of a host, and nothing was done on it since. */
function wasCleared({ entries }: Evidence, host: string): boolean {
  const last = entries.findLast(
    (entry) => (entry.kind === 'state' || entry.kind === 'cleared') && entry.host === host,
  );
  return last?.kind === 'cleared';
}

/** @returns the last operation that was begun on the host and is not void; undefined when this rollout began none. */
function lastOperation({ entries }: Evidence, host: string): string | undefined {
  const begun = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'begun' && entry.host === host) begun.add(entry.operation);
    if (entry.kind === 'void') begun.delete(entry.operation);
  }
  return [...begun].at(-1);
}

/** @returns the one version that rpm, its database and the files agree on. */
function versionOf({ headers }: Evidence, { installed, version, differs }: HostFacts): string | undefined {
  if (installed.length !== 1 || differs.length > 0) return undefined;
  return installed[0] === `${version}-1 ${headers.get(version)}` ? version : undefined;
}

function describe({ installed, version, differs }: HostFacts): string {
  const rpm = installed.map((line) => line.split(' ')[0]).join(' and ') || 'no package';
  return `${rpm} by rpm, ${version || 'nothing'} by its file${differs.length > 0 ? `, and differs: ${differs.join('; ')}` : ''}`;
}
