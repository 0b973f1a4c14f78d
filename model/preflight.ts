import type { Rpm } from './artifact';
import { mainRpm } from './artifact-rules';
import type { StageAnswer } from './host-answer';
import type { Installed } from './ledger';
import { obsoletedBy } from './obsoletes';
import type { Plan } from './plan';
import { compareEvr } from './rpm-version';

/** What a look at a host leads to, before anything is begun on it. */
type Preflight =
  | { readonly go: true; readonly before: Installed[]; readonly absent: string[] }
  | {
      readonly go: false;
      readonly verdict: 'untouched' | 'quarantined';
      readonly code: string;
      readonly detail: string;
    };

/**
 * Judges a host's answer to ops/stage.sh against the plan.
 * @param expectedHead - the last operation that the ledger knows on the host.
 * @param lostFrom - what the host had before an operation of this rollout was lost on it: whatever it has now is gone
 * over, and when that cannot be, a person must look.
 * @returns go, with the versions that undo goes back to; or the state that the host is left in, and why.
 */
export function judge(
  answer: StageAnswer,
  given: {
    plan: Pick<Plan, 'package' | 'absent' | 'downgrade'>;
    rpms: readonly Rpm[];
    platform: string;
    expectedHead: string;
    lostFrom?: { installed: Installed[]; absent: string[] };
  },
): Preflight {
  const { plan, rpms } = given;
  if (answer.refused) {
    const planted = answer.refused.code === 'TG_HOST_STATE_PLANTED';
    return { go: false, verdict: planted ? 'quarantined' : 'untouched', ...answer.refused };
  }
  if (answer.head !== given.expectedHead)
    return stop(
      'quarantined',
      'TG_HOST_MOVED',
      `last operation here is ${answer.head}, expected ${given.expectedHead}`,
    );
  if (answer.platform !== given.platform)
    return stop(
      'untouched',
      'TG_PLATFORM_WRONG',
      `the host is ${answer.platform}, the fleet says ${given.platform}`,
    );
  if (answer.unread !== undefined)
    return stop(given.lostFrom ? 'quarantined' : 'untouched', 'TG_PREFLIGHT_REFUSED', answer.unread);
  const hindered = hindrance(answer, rpms);
  if (given.lostFrom) {
    if (hindered) return stop('quarantined', ...hindered);
    return { go: true, before: given.lostFrom.installed, absent: given.lostFrom.absent };
  }

  const names = new Set(rpms.map((rpm) => rpm.name));
  const before = [
    ...answer.installed.filter(({ name }) => names.has(name)),
    ...obsoletedBy(rpms, answer.installed),
  ];
  const twice = before.find(
    ({ name, arch }, at) => before.findIndex((other) => other.name === name && other.arch === arch) < at,
  );
  if (twice)
    return stop('untouched', 'TG_PREFLIGHT_REFUSED', `several versions of ${twice.name} in the rpmdb`);
  const main = mainRpm(plan.package, rpms);
  const installed = before.find(({ name }) => name === main?.name);
  if (!isThere(plan.package, rpms, before) && plan.absent === 'leave')
    return stop('untouched', 'not installed', '');
  if (installed && main) {
    if (
      rpms.every((rpm) =>
        answer.installed.some((found) => found.name === rpm.name && found.headerDigest === rpm.headerDigest),
      )
    )
      return stop('untouched', 'already', '');
    if (compareEvr(installed, main) > 0 && !plan.downgrade)
      return stop('untouched', 'newer', `${installed.version}-${installed.release} is newer`);
  }
  if (hindered) return stop('untouched', ...hindered);
  return {
    go: true,
    before,
    absent: [...names].filter((name) => !before.some((found) => found.name === name)),
  };
}

/** Whether a host has the package that a plan names, be it under a name that the package obsoletes. */
export function isThere(packageName: string, rpms: readonly Rpm[], installed: readonly Installed[]): boolean {
  const main = mainRpm(packageName, rpms);
  if (!main) return false;
  return installed.some(({ name }) => name === main.name) || obsoletedBy([main], installed).length > 0;
}

/** @returns the code and the detail of what would stop the transaction, whatever is installed. */
function hindrance(answer: StageAnswer, rpms: readonly Rpm[]): [code: string, detail: string] | undefined {
  const full = answer.free.filter(({ bytes }) => bytes < roomFor(rpms)).map(({ mount }) => mount);
  if (full.length > 0) return ['TG_HOST_FULL', `no room on ${full.join(', ')}`];
  if (answer.complaints.length > 0) return ['TG_PREFLIGHT_REFUSED', answer.complaints.slice(0, 3).join('; ')];
  return undefined;
}

/** Bytes that the packages take, staged and installed; which filesystem gets how much is not known beforehand. */
function roomFor(rpms: readonly Rpm[]): number {
  return rpms.reduce((sum, rpm) => sum + rpm.installedSizeBytes + rpm.sizeBytes, 0);
}

function stop(verdict: 'untouched' | 'quarantined', code: string, detail: string): Preflight {
  return { go: false, verdict, code, detail };
}
