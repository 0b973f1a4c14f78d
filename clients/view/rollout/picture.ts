import type { Phase } from '../../../model/ledger';
import type { PlannedHost, PlanRecord } from '../../../model/plan-record';
import type { HostRecord, RolloutRecord } from '../../../model/record';
import type { Wait } from '../../../model/starved';
import { untouchedReasons } from '../../../model/states';
import { nextOpening } from '../../../model/window';
import { since } from '../clock';
import { oneLine } from '../printable';
import type { Part } from '../sums';

/** What a person can be shown of a rollout at one moment; every view of a rollout draws from this. */
export interface RolloutPicture {
  readonly rollout: string;
  readonly fleet: string;
  readonly package: string;
  /** Versions that the hosts come from, the commonest first. */
  readonly from: readonly string[];
  readonly version: string;
  readonly phase: Phase;
  readonly phaseDetail?: string;
  /** When a wait ends, when that is known. */
  readonly untilAt?: string;
  readonly result?: string;
  readonly actor?: { readonly name: string; readonly reason?: string; readonly ticket?: string };
  readonly startedAt: string;
  readonly lastAt: string;
  readonly gate: 'open' | 'closed';
  /** By a person, whatever else it waits for. */
  readonly paused: boolean;
  readonly pausedBy?: RolloutPicture['actor'];
  /** When the plan's window closes, while it is open. */
  readonly windowEndsAt?: string;
  /** The plan kept what a rollback goes back to. */
  readonly reversible: boolean;
  readonly wave: number;
  readonly waves: readonly WavePicture[];
  readonly selected: number;
  readonly hosts: number;
  /** Adds up to `hosts`. */
  readonly sums: readonly Part[];
  /** Hosts selected and not part of the rollout, by reason. */
  readonly left: readonly Part[];
  readonly failures: number;
  readonly stopAt: number;
  readonly domains: readonly { readonly name: string; readonly now: number; readonly cap: number }[];
  readonly troubles: readonly Trouble[];
  /** Whom hosts wait for that cannot begin before others are through. */
  readonly waitsFor: readonly Wait[];
}

export interface WavePicture {
  readonly number: number;
  readonly hosts: number;
  /** Hosts whose outcome is known. */
  readonly done: number;
  readonly now: number;
  readonly waiting: number;
  readonly expectedMs: number;
  readonly limitedBy: PlanRecord['waves'][number]['limitedBy'];
  readonly soakMs: number;
}

/** Hosts that share what is wrong with them. */
export interface Trouble {
  readonly kind: 'quarantined' | 'failed' | 'rolled back' | 'unreachable' | 'owed' | 'slow' | 'refused';
  readonly code: string;
  readonly detail: string;
  readonly hosts: readonly string[];
  /** Owed: until when the last of them is caught up by itself; or why none is. */
  readonly until?: string;
  readonly givenUp?: string;
}

/** @param list the frozen list of the plan: a host's place in it is its index in the record. */
export function rolloutPicture(
  record: RolloutRecord,
  plan: PlanRecord,
  list: readonly PlannedHost[],
  nowMs: number,
): RolloutPicture {
  const hosts = list.map((_, index) => record.hosts.get(index));
  return {
    rollout: record.started?.rollout ?? '',
    fleet: plan.fleet,
    package: plan.plan.package,
    from: versionsBefore(list),
    version: plan.artifact.version,
    phase: record.phase,
    phaseDetail: record.phaseDetail,
    untilAt: record.untilAt,
    result: record.ended?.result,
    actor: record.started?.actor,
    startedAt: record.started?.at ?? plan.plannedAt,
    lastAt: record.lastAt ?? plan.plannedAt,
    gate: record.gate,
    paused: record.paused,
    pausedBy: record.pausedBy,
    windowEndsAt: windowEndsAt(plan, nowMs),
    reversible: plan.plan.rollback === 'required',
    wave: record.wave,
    waves: plan.waves.map((wave, index) => wavePicture(wave, index + 1, hosts)),
    selected: plan.selected,
    hosts: plan.hosts,
    sums: sums(record, hosts),
    left: Object.entries(plan.untouched).map(([label, { count }]) => ({ label, count })),
    failures: record.failures(),
    stopAt: record.stopAt,
    domains: domains(plan, list, hosts),
    troubles: troubles(list, hosts, plan.plan.timeouts.slow, nowMs).map((trouble) =>
      withOwed(trouble, record, nowMs),
    ),
    waitsFor: record.waitsFor,
  };
}

function windowEndsAt({ plan: { window } }: PlanRecord, nowMs: number): string | undefined {
  const opening = window && nextOpening(window, nowMs);
  return opening && opening.opensAt <= nowMs ? new Date(opening.closesAt).toISOString() : undefined;
}

function versionsBefore(list: readonly PlannedHost[]): string[] {
  const counts = new Map<string, number>();
  for (const host of list) {
    const version = versionBefore(host);
    counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([version]) => version);
}

/** What a host had when it was planned, in words: `6.0-28`, `absent`, or `not known` for one that could not be asked. */
export function versionBefore({ from, asked }: PlannedHost): string {
  if (asked === false) return 'not known';
  return from === '' ? 'absent' : from;
}

function wavePicture(
  { from, to, expectedMs, limitedBy, soakMs }: PlanRecord['waves'][number],
  number: number,
  hosts: readonly (HostRecord | undefined)[],
): WavePicture {
  const own = hosts.slice(from, to);
  const done = own.filter((host) => host && host.state !== 'pending' && !host.running).length;
  const now = own.filter((host) => host?.running).length;
  return {
    number,
    hosts: own.length,
    done,
    now,
    waiting: own.length - done - now,
    expectedMs,
    limitedBy,
    soakMs,
  };
}

/** A host in progress is shown as that, whatever its state was before. */
function sums(record: RolloutRecord, hosts: readonly (HostRecord | undefined)[]): Part[] {
  const counts = new Map<string, number>();
  for (const host of hosts) {
    const label = labelOf(host);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const order = [
    'applied',
    'rolled back',
    'now',
    'pending',
    'unreachable',
    'owed',
    'quarantined',
    'failed',
    ...untouchedReasons,
  ];
  if (record.ended) order.splice(order.indexOf('now'), 1, 'still in progress');
  return order.map((label) => ({
    label,
    count: counts.get(label === 'still in progress' ? 'now' : label) ?? 0,
  }));
}

function labelOf(host: HostRecord | undefined): string {
  if (!host) return 'pending';
  if (host.running && host.state !== 'quarantined') return 'now';
  if (host.state === 'pending' && host.tries > 0) return 'unreachable';
  if (host.state === 'untouched') return untouchedReasons.find((reason) => reason === host.code) ?? 'refused';
  return host.state;
}

function domains(
  plan: PlanRecord,
  list: readonly PlannedHost[],
  hosts: readonly (HostRecord | undefined)[],
): RolloutPicture['domains'] {
  const now = new Map<string, number>();
  for (const [index, { domain }] of list.entries())
    if (hosts[index]?.running) now.set(domain, (now.get(domain) ?? 0) + 1);
  return Object.entries(plan.domains).map(([name, { cap }]) => ({
    name: name === '' ? 'no domain' : name,
    now: now.get(name) ?? 0,
    cap,
  }));
}

const kinds = ['quarantined', 'failed', 'rolled back', 'slow', 'unreachable', 'owed', 'refused'] as const;

function troubles(
  list: readonly PlannedHost[],
  hosts: readonly (HostRecord | undefined)[],
  slowMs: number,
  nowMs: number,
): Trouble[] {
  const found = new Map<string, Trouble & { hosts: string[] }>();
  for (const [index, { name }] of list.entries()) {
    const host = hosts[index];
    const kind = host && troubleOf(host, slowMs, nowMs);
    if (!host || !kind) continue;
    const code = kind === 'slow' ? '' : (host.code ?? '');
    const known = found.get(`${kind} ${code}`);
    if (known) {
      known.hosts.push(name);
      if (later(host.until, known.until)) found.set(`${kind} ${code}`, { ...known, until: host.until });
    } else {
      const detail = detailOf(host, kind, nowMs);
      found.set(`${kind} ${code}`, { kind, code, detail, hosts: [name], until: host.until });
    }
  }
  return [...found.values()].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
}

const later = (a: string | undefined, b: string | undefined) => a !== undefined && (b === undefined || a > b);

/** Whether owed hosts are caught up by themselves, and until when. */
function withOwed(trouble: Trouble, record: RolloutRecord, nowMs: number): Trouble {
  const { until, ...rest } = trouble;
  if (trouble.kind !== 'owed') return rest;
  if (record.stopped) return { ...rest, givenUp: `the rollout was ${record.stopped}` };
  if (record.owedEnded) return { ...rest, givenUp: record.owedEnded };
  if (until === undefined || Date.parse(until) <= nowMs) return { ...rest, givenUp: 'their time is over' };
  return trouble;
}

function troubleOf(host: HostRecord, slowMs: number, nowMs: number): Trouble['kind'] | undefined {
  if (host.state === 'quarantined' || host.state === 'owed') return host.state;
  if (host.state === 'failed') return 'failed';
  // Taken back because it failed: the sums count it as rolled back.
  if (host.state === 'rolled back' && host.failure) return 'rolled back';
  if (host.state === 'untouched' && host.code?.startsWith('TG_')) return 'refused';
  if (host.running) return nowMs - Date.parse(host.running.at) > slowMs ? 'slow' : undefined;
  return host.state === 'pending' && host.tries > 0 ? 'unreachable' : undefined;
}

function detailOf(host: HostRecord, kind: Trouble['kind'], nowMs: number): string {
  if (kind === 'slow' && host.running) return `${since(host.running.at, nowMs)} in ${host.running.action}`;
  return oneLine((host.detail ?? '').split('\n')[0] ?? '');
}
