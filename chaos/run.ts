import { setTimeout as sleep } from 'node:timers/promises';
import { Turns } from '../store/turns';
import type { Chaos } from './chaos';
import { check } from './check/check';
import type { Violation } from './check/evidence';
import { askHosts } from './check/facts';
import { readRollout, startRollout, toItsEnd } from './drive';
import { type Happened, Injected } from './inject';
import { type Recovered, Recovery } from './recovery';
import { reset } from './reset';
import type { Run } from './schedule';
import { type Setting, tidegate } from './setting';
import { watchLedger } from './watch-ledger';

/** What came of one run. */
export interface Outcome {
  readonly run: number;
  readonly rollout: string;
  readonly seconds: number;
  readonly happened: readonly Happened[];
  readonly recovered: readonly Recovered[];
  readonly operations: number;
  /** Result of the rollout, and its hosts by state. */
  readonly result: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

/** An operation that is past its deadline ends when what hung it is gone. */
const operationsEndMs = 30_000;

/** Carries out one run: a rollout, its faults, and what hosts and ledger say afterwards. */
export async function carryOut(setting: Setting, run: Run): Promise<Outcome> {
  const begunMs = performance.now();
  const { setup } = run;
  await reset(setting, setup.from, setup.bad);
  const violations: Violation[] = [];
  const recovery = new Recovery(setting.steps);
  const violate = (what: string, host = '') => void violations.push({ invariant: 6, host, what });
  const rollout = await startRollout(setting, setup);
  const chaos: Chaos = { setting, recovery, rollout, turns: new Turns(), violate };
  const injected = new Injected(chaos, run.faults);
  const unwatch = watchLedger(setting.home.ledger, rollout, setting.steps, (error) => violate(String(error)));
  const stuck = await toItsEnd(setting, rollout, injected, run.acts);
  await injected.end();
  unwatch();
  if (stuck) violate(stuck);
  await operationsEnd(setting, rollout);
  const { entries, record } = await readRollout(setting, rollout);
  const facts = await askHosts(setting);
  for (const { name } of setting.lab.hosts)
    if (!facts.has(name)) violate('it does not answer, with every fault mended', name);
  const headers = new Map([...setting.rpms].map(([version, { headerDigest }]) => [version, headerDigest]));
  const domains = new Map(setting.lab.hosts.map(({ name, domain }) => [name, domain]));
  violations.push(...check({ setup, headers, entries, record, domains, facts }));
  await leaveNothing(setting, rollout, record.hosts.values());
  return {
    run: run.number,
    rollout,
    seconds: Math.round((performance.now() - begunMs) / 1000),
    happened: injected.happened,
    recovered: recovery.recovered,
    operations: entries.filter(({ kind }) => kind === 'begun').length,
    result: record.ended?.result ?? record.phase,
    counts: record.counts(),
    violations,
  };
}

async function operationsEnd(setting: Setting, rollout: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < operationsEndMs; waitedMs += 500) {
    if ((await readRollout(setting, rollout)).record.inFlight().length === 0) return;
    await sleep(500);
  }
}

/** Nobody is looked for any more, and no host is kept from the next run. */
async function leaveNothing(
  setting: Setting,
  rollout: string,
  hosts: Iterable<{ readonly name: string; readonly state: string }>,
): Promise<void> {
  const all = [...hosts];
  if (all.some(({ state }) => state === 'owed'))
    await tidegate(setting, 'rollout', 'abort', rollout, '--yes');
  for (const { name, state } of all)
    if (state === 'quarantined')
      await tidegate(setting, 'hosts', 'clear', name, '--reason', 'chaos', '--yes');
}
