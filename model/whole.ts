import type { Rpm } from './artifact';
import type { Installed } from './ledger';
import { obsoletedBy } from './obsoletes';
import type { Before } from './record';

/** What rpm says of a rollout's packages on a host, and the lines of `rpm -V` (ops/packages.sh). */
export interface FoundPackages {
  readonly installed: readonly Installed[];
  readonly differs: readonly string[];
}

/**
 * @param given.rpms - what the rollout was to bring to the host.
 * @param given.before - what it had before the rollout, when an operation of it was begun.
 * @returns which of the two the host has, by its rpmdb and its files alike; undefined when it is something in between:
 * rpm that cannot write its database, or is killed, leaves new files under the old version's name.
 */
export function wholeOf(
  found: FoundPackages,
  { rpms, before }: { rpms: readonly Brought[]; before?: Before },
): 'patch' | 'before' | undefined {
  if (!found.differs.every(isConfiguration)) return undefined;
  const names = new Set([...rpms, ...(before?.installed ?? [])].map(({ name }) => name));
  const obsoleted = new Set(obsoletedBy(rpms, found.installed));
  const ours = found.installed.filter((one) => names.has(one.name) || obsoleted.has(one));
  if (rpms.length > 0 && same(ours, rpms)) return 'patch';
  return before && same(ours, before.installed) ? 'before' : undefined;
}

/** What of an RPM tells what its transaction leaves. */
export type Brought = Pick<Rpm, 'name' | 'headerDigest' | 'obsoletes'>;

/** Two builds of one NEVRA are told apart by their headers. */
function same(one: readonly Package[], other: readonly Package[]): boolean {
  const digests = (list: readonly Package[]) => list.map(({ headerDigest }) => headerDigest).sort();
  return digests(one).join() === digests(other).join();
}

type Package = Pick<Installed, 'headerDigest'>;

/** `S.5....T.  c /etc/x`: a configuration file, which people may edit. */
const isConfiguration = (line: string) => /^\S+ +c \//.test(line);
