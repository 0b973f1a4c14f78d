import type { Rpm } from '../../model/artifact';
import { evrText } from '../../model/artifact-rules';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import type { Installed } from '../../model/ledger';
import type { PlanRecord } from '../../model/plan-record';

/** @returns the RPM of exactly these bytes, when the store has it. */
export type FindUndo = (installed: Installed) => Promise<Rpm | undefined>;

/** What a number of hosts have, and an undo goes back to. */
export interface Before {
  readonly platform: string;
  readonly installed: Installed[];
  readonly from: string;
  readonly hosts: string[];
}

/** Adds a host to those that have the same. */
export function countBefore(
  before: Map<string, Before>,
  { name, platform }: Host,
  installed: Installed[],
  from: string,
): void {
  const key = `${platform} ${installed.map(({ headerDigest }) => headerDigest).join(' ')}`;
  const known = before.get(key);
  if (known) known.hosts.push(name);
  else before.set(key, { platform, installed, from, hosts: [name] });
}

/**
 * @param before - by what they have, as countBefore made it
 * @returns for each, the RPMs that bring it back
 * @throws TG_UNDO_MISSING when the store lacks one
 */
export async function undoSets(
  before: ReadonlyMap<string, Before>,
  findUndo: FindUndo,
): Promise<PlanRecord['undo']> {
  const sets: PlanRecord['undo'] = [];
  const missing: string[] = [];
  const stranded = new Set<string>();
  for (const { platform, installed, from, hosts } of before.values()) {
    const found = await Promise.all(installed.map(findUndo));
    const lacking = installed.filter((_, i) => !found[i]);
    missing.push(...lacking.map((one) => `${one.name}-${evrText(one)}.${one.arch} (${hosts.length} hosts)`));
    if (lacking.length > 0) for (const host of hosts) stranded.add(host);
    sets.push({
      platform,
      from,
      hosts: hosts.length,
      rpms: found.filter((rpm) => rpm !== undefined),
    });
  }
  if (missing.length > 0)
    throw new TidegateError('TG_UNDO_MISSING', {
      detail: `undo would need ${missing.join(', ')}, which the store does not hold`,
      hosts: [...stranded],
      next: 'tidegate artifacts import FILE   (the very RPMs that the hosts have), or say rollback: none in the plan',
    });
  return sets;
}
