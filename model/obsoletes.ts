import type { Obsoletes, Rpm } from './artifact';
import type { Installed } from './ledger';
import { compareEvr, parseEvr } from './rpm-version';

/**
 * The installed packages that a transaction of these RPMs erases because they obsolete them.
 * rpm matches them by name and version of what is installed, never by what it provides (rpm's depends.c,
 * addObsoleteErasures); a package of the same name is upgraded, not obsoleted.
 */
export function obsoletedBy(
  rpms: readonly Pick<Rpm, 'name' | 'obsoletes'>[],
  installed: readonly Installed[],
): Installed[] {
  const names = new Set(rpms.map(({ name }) => name));
  return installed.filter(
    (one) => !names.has(one.name) && rpms.some((rpm) => rpm.obsoletes?.some((line) => obsoletes(line, one))),
  );
}

/** The names that a host is asked for: those of the set, and those that it may obsolete. */
export function namesToAsk(rpms: readonly Rpm[]): string[] {
  return [
    ...new Set(rpms.flatMap(({ name, obsoletes }) => [name, ...(obsoletes ?? []).map((one) => one.name)])),
  ];
}

/** Whether the range of versions covers the installed one (rpm's rpmverOverlap, where a missing release is any). */
function obsoletes(line: Obsoletes, installed: Installed): boolean {
  if (line.name !== installed.name) return false;
  if (line.evr === '') return true;
  const bound = parseEvr(line.evr);
  const order = compareEvr(bound.release === '' ? { ...installed, release: '' } : installed, bound);
  return line.sense.includes(order < 0 ? '<' : order > 0 ? '>' : '=');
}
