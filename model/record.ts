import type { Actor } from './actor';
import { isErrorCode } from './errors';
import type { Installed, OperationAction, Phase, RolloutEntry } from './ledger';
import type { Wait } from './starved';
import { type HostState, hostStates } from './states';

/** What the ledger says of one host of a rollout. */
export interface HostRecord {
  name: string;
  state: HostState;
  code?: string;
  detail?: string;
  /** It spends the failure budget. */
  failure: boolean;
  attempt: number;
  tries: number;
  /** Undo operations begun, in all. */
  undos: number;
  /** Of a control instance: up to which step its rehearsal is through; there and back are two, of each undo set. */
  rehearsed: number;
  /** The operation that was begun and has no end yet. */
  running?: Begun;
  /** Until when it is caught up without a person. */
  until?: string;
  /** What undo goes back to: from the first operation of this rollout that changed the host. */
  before?: Before;
  /** Its last operation was lost, or failed half-way: the host may be between what it had and what it is to have. */
  lost: boolean;
  restarts: string[];
  configs: string[];
}

/** @returns whether the host was left as it was because something is wrong with it, and not because all is well. */
export function wasRefused({ state, code }: Pick<HostRecord, 'state' | 'code'>): boolean {
  return state === 'untouched' && isErrorCode(code);
}

/** @returns whether a rollback takes the host back: it has, or may have, what the rollout brought. */
export function canBeTakenBack({ state, before }: Pick<HostRecord, 'state' | 'before'>): boolean {
  return before !== undefined && state !== 'quarantined';
}

/** @returns whether `rollout retry` takes the host: it failed, was refused, is owed, or was never reached. */
export function canBeRetried(record: Pick<HostRecord, 'state' | 'failure' | 'code'>): boolean {
  const { state, failure } = record;
  if (state === 'pending' || state === 'owed' || wasRefused(record)) return true;
  return failure && (state === 'failed' || state === 'rolled back');
}

/** A begin of the ledger, as an attaching worker needs it. */
export interface Begun {
  operation: string;
  request: string;
  action: OperationAction;
  attempt: number;
  previous: string;
  at: string;
  /** Nothing of the rollout has changed the host before. */
  isFirst: boolean;
}

/**
 * The attempt of an operation of a rehearsal, of which each is the next try and tells the undo set: below 100 of them.
 * @param set - from 0 on.
 */
export const rehearsalAttempt = (attempt: number, set: number) => attempt * 100 + set;

/** @returns how many steps of a rehearsal are done when this one has ended well; undefined when it is none. */
function throughWith({ action, attempt }: Begun): number | undefined {
  const before = (attempt % 100) * 2;
  if (action === 'rehearse apply') return before + 1;
  return action === 'rehearse undo' ? before + 2 : undefined;
}

/** What a host had, and what it had not. */
export interface Before {
  readonly installed: Installed[];
  readonly absent: string[];
}

const none: string[] = [];
const orNone = (list: string[] | undefined) => (list?.length ? list : none);

/** What is known of a host that the ledger never named: lists are replaced, never added to, so all share these. */
const untold: Omit<HostRecord, 'name'> = {
  state: 'pending',
  failure: false,
  lost: false,
  attempt: 1,
  tries: 0,
  undos: 0,
  rehearsed: 0,
  restarts: none,
  configs: none,
};

/**
 * A rollout as the ledger tells it: entries are folded in one by one, and nothing else is remembered.
 * Worker, CLI and report read the same record, so that they cannot disagree.
 */
export class RolloutRecord {
  /** What the release that it belongs to is made from, built and planned; absent for a rollout on its own. */
  release?: Extract<RolloutEntry, { kind: 'release' }>;
  built?: Extract<RolloutEntry, { kind: 'built' }>;
  planned?: Extract<RolloutEntry, { kind: 'planned' }>;
  started?: Extract<RolloutEntry, { kind: 'started' }>;
  readonly hosts = new Map<number, HostRecord>();
  readonly #befores = new Map<string, Before>();
  phase: Phase = 'starting';
  phaseDetail?: string;
  untilAt?: string;
  wave = 0;
  gate: 'open' | 'closed' = 'open';
  /** A person paused it and nobody let it go on: also while it waits for something else. */
  paused = false;
  /** Who paused it last, and why, while it is paused. */
  pausedBy?: Actor;
  /** Whom hosts wait for that cannot begin before others are through. */
  waitsFor: readonly Wait[] = [];
  stopAt = 0;
  ended?: Extract<RolloutEntry, { kind: 'ended rollout' }>;
  /** A person, or the plan, ended it or took it back: from then on no host of it is caught up by itself. */
  stopped?: 'aborted' | 'rolled back';
  /** Why owed hosts are no longer caught up by themselves. */
  owedEnded?: string;
  /** The failure, in all, to which a person raised the limit. */
  allowed?: number;
  lastActor?: Actor;
  lastAt?: string;

  add(entry: RolloutEntry): void {
    this.lastAt = entry.at;
    switch (entry.kind) {
      case 'release':
        this.release ??= entry;
        this.lastActor = entry.actor;
        return;
      case 'built':
        this.built = entry;
        return;
      case 'planned':
        this.planned = entry;
        return;
      case 'started':
        this.started ??= entry;
        this.stopAt = this.allowed ?? entry.stopAt;
        this.lastActor = entry.actor;
        this.phase = 'starting';
        this.gate = 'open';
        delete this.ended;
        return;
      case 'phase':
        this.phase = entry.phase;
        if (entry.phase === 'rolling back') this.stopped ??= 'rolled back';
        this.phaseDetail = entry.detail;
        this.untilAt = entry.untilAt;
        this.wave = entry.wave ?? this.wave;
        return;
      case 'asked':
        this.lastActor = entry.actor;
        if (entry.verb === 'confirm') this.phase = 'starting';
        this.stopAt = entry.stopAt ?? this.stopAt;
        this.allowed = entry.stopAt ?? this.allowed;
        if (entry.verb === 'pause') {
          this.paused = true;
          this.pausedBy = entry.actor;
        }
        if (['resume', 'retry', 'rollback'].includes(entry.verb)) {
          this.paused = false;
          delete this.pausedBy;
        }
        if (entry.verb === 'abort') this.stopped ??= 'aborted';
        return;
      case 'gate':
        this.gate = entry.state;
        return;
      case 'waits':
        this.waitsFor = entry.for;
        return;
      case 'owed':
        this.owedEnded = entry.ended;
        return;
      case 'ended rollout':
        this.ended = entry;
        this.waitsFor = [];
        if (entry.result === 'aborted' || entry.result === 'rolled back') this.stopped ??= entry.result;
        this.phase = 'ended';
        return;
      case 'budget':
      case 'note':
        return;
      default:
        this.#addHost(entry);
    }
  }

  /** The host's record; a host that the ledger never named is pending, and nothing is kept of it. */
  host(index: number, name = ''): Readonly<HostRecord> {
    return this.hosts.get(index) ?? { name, ...untold };
  }

  /** Hosts of the rollout by state; they add up to the hosts to change. */
  counts(): Record<HostState, number> {
    const counts = Object.fromEntries(hostStates.map((state) => [state, 0])) as Record<HostState, number>;
    let known = 0;
    for (const [index, record] of this.hosts) {
      if (index < 0) continue;
      counts[record.state] += 1;
      known += 1;
    }
    counts.pending += (this.started?.hosts ?? known) - known;
    return counts;
  }

  /** Failures that spend the budget now (a host that is tried again no longer counts). */
  failures(): number {
    let failures = 0;
    for (const record of this.hosts.values()) if (record.failure) failures += 1;
    return failures;
  }

  /** Indexes of hosts with an operation begun and without an end. */
  inFlight(): number[] {
    return [...this.hosts].filter(([, record]) => record.running).map(([index]) => index);
  }

  /** Hosts are clones of a few: what they had before is kept once, or that of 100,000 hosts takes 90 MB. */
  #shared(before: Before): Before {
    const key = JSON.stringify(before);
    const known = this.#befores.get(key);
    if (known) return known;
    this.#befores.set(key, before);
    return before;
  }

  #addHost(
    entry: Extract<RolloutEntry, { kind: 'begun' | 'void' | 'ended' | 'state' | 'cleared' | 'unreachable' }>,
  ): void {
    const record = this.hosts.get(entry.index) ?? { name: entry.host, ...untold };
    this.hosts.set(entry.index, record);
    record.name = entry.host;
    switch (entry.kind) {
      case 'begun':
        record.running = {
          operation: entry.operation,
          request: entry.request,
          action: entry.action,
          attempt: entry.attempt,
          previous: entry.previous,
          at: entry.at,
          isFirst: record.before === undefined,
        };
        if (entry.action === 'undo') record.undos += 1;
        if (entry.action !== 'apply') return;
        record.attempt = entry.attempt;
        record.before ??= this.#shared({ installed: entry.before, absent: entry.absent });
        return;
      case 'void':
        if (record.running?.operation !== entry.operation) return;
        // It never reached the host, which is as it was before us.
        if (record.running.action === 'apply' && record.running.isFirst) record.before = undefined;
        record.running = undefined;
        return;
      case 'ended':
        if (record.running?.operation === entry.operation) {
          if (entry.outcome === 'ok') record.rehearsed = throughWith(record.running) ?? record.rehearsed;
          // Its undo follows, and may be told of by a worker that never saw the failure.
          if (record.running.action === 'apply' && entry.outcome !== 'ok') {
            record.code = entry.outcome;
            record.detail = entry.detail;
            // Turned down by rpm, the host is as it was: a later apply records anew what to go back to.
            if (entry.outcome === 'TG_PREFLIGHT_REFUSED') record.before = undefined;
          }
          record.running = undefined;
        }
        record.lost = entry.lost ?? entry.outcome === 'TG_OPERATION_LOST';
        record.restarts = orNone(entry.restarts);
        record.configs = orNone(entry.configs);
        return;
      case 'unreachable':
        record.tries = entry.try;
        record.code = entry.code;
        record.detail = entry.detail;
        return;
      case 'cleared':
        this.lastActor = entry.actor;
        record.state = entry.state;
        record.code = entry.code;
        record.detail = entry.detail;
        record.failure = entry.failure;
        record.lost = entry.lost;
        record.attempt = entry.attempt;
        record.running = undefined;
        if (entry.state === 'rolled back') record.before = undefined;
        return;
      case 'state':
        record.state = entry.state;
        record.code = entry.code;
        record.detail = entry.detail;
        record.failure = entry.failure;
        record.attempt = entry.attempt;
        record.until = entry.until;
        if (entry.state === 'owed') delete this.owedEnded;
        if (entry.state === 'pending') record.tries = 0;
        // Rolled back or untouched, the host is as it was before us: a later apply records anew what to go back to.
        if (entry.state === 'rolled back' || entry.state === 'untouched') record.before = undefined;
    }
  }
}
