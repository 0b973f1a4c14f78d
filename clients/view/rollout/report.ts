import { type Artifact, nevra } from '../../../model/artifact';
import { durationText } from '../../../model/duration';
import type { RolloutEntry } from '../../../model/ledger';
import type { PlannedHost, PlanRecord } from '../../../model/plan-record';
import type { Provenance } from '../../../model/provenance';
import type { RolloutRecord } from '../../../model/record';
import { type RolloutPicture, type Trouble, versionBefore } from './picture';

/** The final report of a rollout as data; each format draws from this and from nothing else. */
export interface Report {
  readonly sentence: string;
  readonly picture: RolloutPicture;
  readonly tookMs: number;
  readonly plan: { readonly digest: string; readonly path: string };
  readonly artifact: ReportArtifact;
  /** Who did what and why, in order. */
  readonly actors: readonly { at: string; verb: string; name: string; proof: string; why: string }[];
  readonly restarts: readonly { what: string; hosts: readonly string[] }[];
  readonly configs: readonly { what: string; hosts: readonly string[] }[];
  /** Who answers for which hosts, as the inventory had it when the plan was made: by name. */
  readonly owners: readonly ReportOwner[];
  readonly peaks: readonly { domain: string; peak: number; cap: number }[];
  readonly hosts: readonly ReportHost[];
}

/** Which packages went to the hosts, and where they came from. */
interface ReportArtifact {
  readonly digest: string;
  readonly origin: 'built' | 'imported';
  /** Fingerprint of the key. */
  readonly signedBy: string;
  readonly rpms: readonly { readonly platform: string; readonly nevra: string; readonly sha256: string }[];
  /** Recipe, sources, patches, CVEs and build logs, by digest; absent for what was imported. */
  readonly provenance?: Provenance;
}

/** What an owner has to know: its hosts by what became of them. */
interface ReportOwner {
  readonly owner: string;
  readonly states: readonly { readonly state: string; readonly hosts: readonly string[] }[];
}

interface ReportHost {
  readonly host: string;
  readonly domain: string;
  readonly platform: string;
  /** '' when nobody is named. */
  readonly owner: string;
  readonly from: string;
  readonly state: string;
  readonly code: string;
  readonly detail: string;
  readonly attempt: number;
  readonly restarts: readonly string[];
}

/** @param entries the whole book of the rollout, oldest first. */
export function rolloutReport(given: {
  picture: RolloutPicture;
  plan: PlanRecord;
  planDigest: string;
  list: readonly PlannedHost[];
  record: RolloutRecord;
  entries: readonly RolloutEntry[];
  /** Of the plan's artifact, as the store has it; undefined for an imported one. */
  provenance: Provenance | undefined;
}): Report {
  const { picture, plan, planDigest, list, record, entries, provenance } = given;
  const firstStart = entries.find(({ kind }) => kind === 'started');
  const hosts = list.map((host, index) => reportHost(host, record.hosts.get(index)));
  return {
    sentence: sentence(picture),
    picture,
    tookMs: Date.parse(picture.lastAt) - Date.parse(picture.startedAt),
    plan: { digest: planDigest, path: plan.planPath },
    artifact: reportArtifact(plan.artifact, provenance),
    // Taken up again, a rollout is started again, and the ledger says by which verb.
    actors: entries.filter((entry) => entry.kind !== 'started' || entry === firstStart).flatMap(actorOf),
    restarts: grouped(list, (index) => record.hosts.get(index)?.restarts ?? []),
    configs: grouped(list, (index) => record.hosts.get(index)?.configs ?? []),
    owners: owners(hosts),
    peaks: peaks(plan, list, entries),
    hosts,
  };
}

function reportArtifact(
  { digest, origin, signedBy, platforms }: Artifact,
  provenance: Provenance | undefined,
): ReportArtifact {
  const rpms = Object.entries(platforms).flatMap(([platform, set]) =>
    set.map((rpm) => ({ platform, nevra: nevra(rpm), sha256: rpm.sha256 })),
  );
  return { digest, origin, signedBy, rpms, provenance };
}

function sentence(picture: RolloutPicture): string {
  const count = (label: string) => picture.sums.find((part) => part.label === label)?.count ?? 0;
  const what = `${picture.package} ${picture.version}`;
  const took = durationText(Date.parse(picture.lastAt) - Date.parse(picture.startedAt));
  if (picture.result === undefined)
    return `${what} is still under way on ${picture.fleet}, for ${took} by now.`;
  if (picture.result === 'done') {
    const left = picture.hosts - count('applied');
    const whole = left === 0 ? `all ${picture.hosts}` : `${count('applied')} of ${picture.hosts}`;
    const rest = left === 0 ? '' : `; ${left} ${left === 1 ? 'was' : 'were'} left as before`;
    return `${what} is on ${whole} hosts of ${picture.fleet}, after ${took}${rest}.`;
  }
  if (picture.result === 'rolled back')
    return `${what} was taken back: all ${count('rolled back')} hosts that it had reached are as before, after ${took}.`;
  return `${what} ended ${picture.result} after ${took}: on ${count('applied')} of ${picture.hosts} hosts, ${count('failed')} failed, ${count('rolled back')} taken back, ${count('quarantined')} quarantined.`;
}

function reportHost(planned: PlannedHost, host: ReturnType<RolloutRecord['host']> | undefined): ReportHost {
  const { name, domain, platform, owner = '' } = planned;
  return {
    host: name,
    domain,
    platform,
    owner,
    from: versionBefore(planned),
    state: host?.state ?? 'pending',
    code: host?.code ?? '',
    detail: host?.detail ?? '',
    attempt: host?.attempt ?? 1,
    restarts: host?.restarts ?? [],
  };
}

function actorOf(entry: RolloutEntry): Report['actors'] {
  if (entry.kind !== 'started' && entry.kind !== 'asked') return [];
  const { name, proof, reason, ticket } = entry.actor;
  const why = [reason, ticket].filter(Boolean).join(', ');
  return [{ at: entry.at, verb: entry.kind === 'started' ? 'start' : entry.verb, name, proof, why }];
}

function grouped(
  list: readonly PlannedHost[],
  whatOf: (index: number) => readonly string[],
): { what: string; hosts: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const [index, { name }] of list.entries())
    for (const what of whatOf(index)) {
      const hosts = groups.get(what);
      if (hosts) hosts.push(name);
      else groups.set(what, [name]);
    }
  return [...groups].map(([what, hosts]) => ({ what, hosts }));
}

function owners(hosts: readonly ReportHost[]): ReportOwner[] {
  const byOwner = new Map<string, Map<string, string[]>>();
  for (const { owner, state, host } of hosts) {
    if (owner === '') continue;
    const states = byOwner.get(owner) ?? new Map<string, string[]>();
    byOwner.set(owner, states);
    states.set(state, [...(states.get(state) ?? []), host]);
  }
  return [...byOwner]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([owner, states]) => ({
      owner,
      states: [...states].map(([state, names]) => ({ state, hosts: names })),
    }));
}

/** The most operations that were in progress in a domain at once, by the ledger's begins and ends. */
function peaks(
  plan: PlanRecord,
  list: readonly PlannedHost[],
  entries: readonly RolloutEntry[],
): Report['peaks'] {
  const running = new Map<string, Set<string>>();
  const peak = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind !== 'begun' && entry.kind !== 'ended' && entry.kind !== 'void') continue;
    const domain = list[entry.index]?.domain;
    if (domain === undefined) continue;
    const now = running.get(domain) ?? new Set<string>();
    running.set(domain, now);
    if (entry.kind === 'begun') now.add(entry.operation);
    else now.delete(entry.operation);
    peak.set(domain, Math.max(peak.get(domain) ?? 0, now.size));
  }
  return Object.entries(plan.domains).map(([name, { cap }]) => ({
    domain: name === '' ? 'no domain' : name,
    peak: peak.get(name) ?? 0,
    cap,
  }));
}

/** @returns hosts that a person still has to do something about, by kind. */
export function stillToDo(report: Report): Trouble[] {
  return report.picture.troubles.filter(({ kind }) => kind !== 'slow');
}
