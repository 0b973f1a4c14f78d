import type { Artifact, Rpm } from '../../model/artifact';
import { evrText } from '../../model/artifact-rules';
import { atOnce, domainCap, waveMs } from '../../model/caps';
import { TidegateError } from '../../model/errors';
import type { Fleet, Hold, Host } from '../../model/fleet';
import type { Installed } from '../../model/ledger';
import { fold } from '../../model/nodeset';
import { obsoletedBy } from '../../model/obsoletes';
import type { Plan } from '../../model/plan';
import { expectedOperationMs, type PlannedHost, type PlanRecord } from '../../model/plan-record';
import { isThere } from '../../model/preflight';
import { compareEvr } from '../../model/rpm-version';
import { shareOf } from '../../model/share';
import { byDomain, spreadOverDomains } from '../../model/spread';
import { wavesOf } from '../../model/waves';
import { nextBegins } from '../../model/window';
import type { HostSurvey } from './survey';
import { type Before, countBefore, type FindUndo, undoSets } from './undo-sets';

/** Packages whose undo is known to break hosts (reference: rpm). */
const notToBeRolledBack = /^(kernel|glibc|libc6|selinux-policy|systemd)/;

/**
 * Decides everything about a rollout that can be decided before it starts.
 * @param surveys - what each selected host answered; hosts without an answer are planned as unreachable later.
 * @returns the record, and the frozen list in the order of the rollout.
 * @throws TG_WAVES_INVALID, TG_DOWNGRADE, TG_PLATFORM_WRONG, TG_UNDO_MISSING, TG_NOTHING_TO_DO, TG_WINDOW_INVALID.
 */
export async function freeze(given: {
  fleet: Fleet;
  plan: Plan;
  planFile: string;
  planPath: string;
  artifact: Artifact;
  selected: readonly Host[];
  holds: readonly Hold[];
  quarantined: ReadonlySet<string>;
  surveys: ReadonlyMap<string, HostSurvey>;
  findUndo: FindUndo;
  nowIso: string;
}): Promise<{ record: Omit<PlanRecord, 'list'>; list: PlannedHost[] }> {
  const { fleet, plan, artifact, selected } = given;
  const untouched = new Map<string, string[]>();
  const leave = (why: string, name: string) => {
    const names = untouched.get(why);
    if (names) names.push(name);
    else untouched.set(why, [name]);
  };
  const held = new Set(given.holds.map(({ host }) => host));
  const whyLeft = ({ name }: Host) => {
    if (held.has(name)) return 'held';
    return given.quarantined.has(name) ? 'quarantined' : undefined;
  };
  const change: PlannedHost[] = [];
  const undoTo = new Map<string, Before>();
  const newer: string[] = [];
  refuseWrongPlatform(
    artifact,
    selected.filter((host) => whyLeft(host) === undefined),
  );
  for (const host of selected) {
    const why = whyLeft(host);
    if (why !== undefined) {
      leave(why, host.name);
      continue;
    }
    const rpms = artifact.platforms[host.platform] ?? [];
    const survey = given.surveys.get(host.name);
    const here = survey?.installed.filter(({ name }) => rpms.some((rpm) => rpm.name === name)) ?? [];
    const before = [...here, ...obsoletedBy(rpms, survey?.installed ?? [])];
    const main = here.find(({ name }) => name === plan.package);
    const target = rpms.find(({ name }) => name === plan.package) ?? rpms[0]!;
    if (survey && !isThere(plan.package, rpms, before) && plan.absent === 'leave')
      leave('not installed', host.name);
    else if (rpms.every((rpm) => here.some((found) => found.headerDigest === rpm.headerDigest)))
      leave('already', host.name);
    else {
      if (main && compareEvr(main, target) > 0 && !plan.downgrade) newer.push(host.name);
      change.push({
        name: host.name,
        domain: host.domain,
        platform: host.platform,
        from: fromText(before, rpms),
        ...(survey === undefined && { asked: false }),
        ...(host.owner !== undefined && { owner: host.owner }),
      });
      if (before.length > 0) countBefore(undoTo, host, before, fromText(before, rpms));
    }
  }
  if (newer.length > 0)
    throw new TidegateError('TG_DOWNGRADE', {
      detail: `${artifact.package} ${artifact.version} is older than what ${newer.length} hosts have`,
      hosts: newer,
      next: 'say downgrade: true in the plan, or leave these hosts out of its selector',
    });
  if (change.length === 0)
    throw new TidegateError('TG_NOTHING_TO_DO', {
      detail: `no host would change: ${[...untouched].map(([why, names]) => `${names.length} ${why}`).join(', ')}`,
    });
  if (plan.window) nextBegins(plan.window, Date.parse(given.nowIso), expectedOperationMs);
  const list = spreadOverDomains(change);
  const undo = plan.rollback === 'none' ? [] : await undoSets(undoTo, given.findUndo);
  const stopAt = Math.min(shareOf(plan.budget.stopAt, list.length), list.length);
  const firstWaveStopAt = Math.min(plan.budget.firstWaveStopAt, stopAt);
  const caps = capsOf(fleet, plan, list);
  return {
    list,
    record: {
      fleet: fleet.name,
      fleetDigest: fleet.digest,
      planPath: given.planPath,
      planFile: given.planFile,
      plan,
      artifact,
      selected: selected.length,
      hosts: list.length,
      untouched: Object.fromEntries(
        [...untouched].map(([why, names]) => [why, { count: names.length, hosts: fold(names) }]),
      ),
      platforms: count(list.map(({ platform }) => platform)),
      domains: Object.fromEntries(caps),
      waves: planWaves(plan, list, caps, stopAt, firstWaveStopAt),
      stopAt,
      firstWaveStopAt,
      undo,
      rehearsedOn: undo.length === 0 ? [] : controlsOf(fleet, list),
      warnings: warningsOf(plan, artifact),
      plannedAt: given.nowIso,
    },
  };
}

function planWaves(
  plan: Plan,
  list: readonly PlannedHost[],
  caps: ReadonlyMap<string, { hosts: number; cap: number }>,
  stopAt: number,
  firstWaveStopAt: number,
): PlanRecord['waves'] {
  const waves = wavesOf(plan.waves, list.length);
  return waves.map(({ reaches, ...wave }, i) => {
    const hosts = list.slice(wave.from, wave.to);
    const domains = new Map(
      [...byDomain(hosts)].map(([domain, own]) => [
        domain,
        { hosts: own.length, cap: caps.get(domain)!.cap },
      ]),
    );
    const limit = atOnce(plan, domains, i === 0 ? firstWaveStopAt : stopAt, expectedOperationMs);
    return {
      ...wave,
      ...limit,
      expectedMs: waveMs(hosts.length, limit.atOnce, expectedOperationMs, plan.caps.startsPerSecond),
      soakMs: i === waves.length - 1 ? 0 : plan.soak,
      gate: reaches.some((number) => plan.gates.includes(number)),
    };
  });
}

function capsOf(
  fleet: Fleet,
  plan: Plan,
  list: readonly PlannedHost[],
): Map<string, { hosts: number; cap: number }> {
  const sizes = byDomain(fleet.hosts);
  return new Map(
    [...byDomain(list)].map(([domain, hosts]) => {
      return [
        domain,
        { hosts: hosts.length, cap: domainCap(plan.caps, domain, sizes.get(domain)?.length ?? hosts.length) },
      ];
    }),
  );
}

/** The versions of the set's own packages; what it obsoletes is named as well. */
function fromText(before: readonly Installed[], rpms: readonly Rpm[]): string {
  return before
    .map((one) => (rpms.some(({ name }) => name === one.name) ? evrText(one) : `${one.name} ${evrText(one)}`))
    .join(' ');
}

/** Where the rehearsal goes (activities/rollout/rehearse.ts): one host a platform. */
function controlsOf({ file }: Fleet, list: readonly PlannedHost[]): string[] {
  const platforms = [...new Set(list.map(({ platform }) => platform))].sort();
  return platforms.flatMap((platform) => file.control[platform] ?? []);
}

/** A host whose platform nobody said cannot be given the RPMs of one. */
function refuseWrongPlatform(artifact: Artifact, hosts: readonly Host[]): void {
  const strange = hosts.filter(({ platform }) => artifact.platforms[platform] === undefined);
  if (strange.length === 0) return;
  const made = Object.keys(artifact.platforms).join(', ');
  const said = [...new Set(strange.map(({ platform }) => platform))].filter((platform) => platform !== '');
  throw new TidegateError('TG_PLATFORM_WRONG', {
    detail: `${artifact.package} ${artifact.version} was made for ${made}, not for ${said.join(', ') || 'hosts of no platform'}`,
    hosts: strange.map(({ name }) => name),
    next: said.length > 0 ? undefined : `platform: ${made} in fleet.yaml, where that is what they are`,
  });
}

function warningsOf(plan: Plan, artifact: Artifact): string[] {
  const warnings: string[] = [];
  for (const rpm of Object.values(artifact.platforms).flat())
    if (notToBeRolledBack.test(rpm.name) && plan.rollback === 'required')
      warnings.push(`${rpm.name} is not to be rolled back: its undo is known to break hosts`);
  return [...new Set(warnings)];
}

function count(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
