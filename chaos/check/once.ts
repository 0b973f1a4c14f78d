import { basename, dirname } from 'node:path';
import type { RolloutEntry } from '../../model/ledger';
import type { Evidence, Violation } from './evidence';
import type { RpmCall } from './facts';

const operationsFolder = '/var/lib/tidegate/operations';

interface Told {
  readonly action: string;
  isVoid: boolean;
  outcome?: string;
}

/** 1: the transactions of each host, by its own log, are the operations of the ledger, and none ran twice. */
export function ranOnce({ entries, facts }: Evidence): Violation[] {
  const told = operationsOf(entries);
  const violations: Violation[] = [];
  for (const { host, calls, operations } of facts.values()) {
    const violate = (what: string) => violations.push({ invariant: 1, host, what });
    for (const call of calls) {
      const operation = told.get(host)?.get(operationOf(call));
      if (!operation)
        violate(`rpm ran in ${call.folder}, which is no operation of this rollout: ${call.words.join(' ')}`);
      else if (operation.isVoid) violate(`rpm ran for ${operationOf(call)}, which the ledger calls void`);
    }
    for (const [id, kind] of twice(calls)) violate(`operation ${id} ran its ${kind} twice`);
    for (const what of overlaps(calls)) violate(what);
    for (const [id, { action, outcome, isVoid }] of told.get(host) ?? []) {
      const own = operations.find((one) => one.id === id);
      const ran = calls.some((call) => operationOf(call) === id && call.code === 0);
      if (outcome === 'ok' && !ran)
        violate(`the ledger says that ${action} ${id} went well, and rpm did nothing for it`);
      if (outcome === 'ok' && own?.outcome !== 'ok')
        violate(
          `the ledger says that ${action} ${id} went well, and the host says ${own?.outcome ?? 'nothing'}`,
        );
      if (isVoid && own) violate(`the ledger calls ${action} ${id} void, and the host has it`);
    }
    for (const id of appliedAgain(entries, host)) violate(`${id} applied what was applied already`);
  }
  return violations;
}

function operationsOf(entries: readonly RolloutEntry[]): Map<string, Map<string, Told>> {
  const told = new Map<string, Map<string, Told>>();
  for (const entry of entries) {
    if (entry.kind === 'begun') {
      const ofHost = told.get(entry.host) ?? new Map<string, Told>();
      told.set(entry.host, ofHost.set(entry.operation, { action: entry.action, isVoid: false }));
    }
    const known = 'operation' in entry ? told.get(entry.host)?.get(entry.operation) : undefined;
    if (known && entry.kind === 'void') known.isVoid = true;
    if (known && entry.kind === 'ended') known.outcome = entry.outcome;
  }
  return told;
}

const operationOf = ({ folder }: RpmCall) => (dirname(folder) === operationsFolder ? basename(folder) : '');

/** A program that a signal ended has a code from here on. */
const endedBySignal = 128;

/** What rpm may have done: it said so, or was killed before it could. rpm that found its lock taken did nothing. */
const tookEffect = ({ code }: RpmCall) => code === undefined || code === 0 || code > endedBySignal;

function twice(calls: readonly RpmCall[]): [id: string, kind: string][] {
  const seen = new Set<string>();
  const again: [string, string][] = [];
  for (const call of calls.filter(tookEffect)) {
    const kind = call.words.includes('-e') ? 'erasing' : 'transaction';
    const key = `${operationOf(call)} ${kind}`;
    if (seen.has(key)) again.push([operationOf(call), kind]);
    seen.add(key);
  }
  return again;
}

function overlaps(calls: readonly RpmCall[]): string[] {
  return calls.slice(1).flatMap((call, at) => {
    const before = calls[at]!;
    if (before.endedMs === undefined || before.endedMs <= call.beganMs) return [];
    return [`rpm of ${operationOf(call)} began before that of ${operationOf(before)} was over`];
  });
}

/** @returns applies that were begun after one that went well, with no undo and no failure in between. */
function appliedAgain(entries: readonly RolloutEntry[], host: string): string[] {
  let isApplied = false;
  const actions = new Map<string, string>();
  const again: string[] = [];
  for (const entry of entries) {
    if (!('host' in entry) || entry.host !== host) continue;
    if (entry.kind === 'begun') {
      actions.set(entry.operation, entry.action);
      if (entry.action === 'apply' && isApplied) again.push(entry.operation);
      if (entry.action === 'undo') isApplied = false;
    }
    if (entry.kind === 'ended' && actions.get(entry.operation) === 'apply')
      isApplied = entry.outcome === 'ok';
    // Failed in a soak, or a person lifted its quarantine: it may be tried again.
    if (entry.kind === 'cleared' || (entry.kind === 'state' && entry.failure)) isApplied = false;
  }
  return again;
}
