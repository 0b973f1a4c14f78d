import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turns } from '../store/turns';
import type { Chaos } from './chaos';
import { check } from './check/check';
import type { Violation } from './check/evidence';
import { askHosts } from './check/facts';
import { readRollout, startRollout, toItsEnd } from './drive';
import { type Happened, Injected } from './inject';
import { settleOwed } from './owed';
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
  /** When something was violated: what ledger, hosts and worker said. */
  readonly evidence?: object;
  /** When and how the worker ended by itself, which a service manager mends. */
  readonly workerEnded: readonly string[];
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
  const chaos: Chaos = { setting, recovery, rollout, turns: new Turns(), broken: new Set(), violate };
  const injected = new Injected(chaos, run.faults);
  const unwatch = watchLedger(setting.home.ledger, rollout, setting.steps, (error) => violate(String(error)));
  const stuck =
    (await toItsEnd(setting, rollout, injected, run.acts)) ?? (await takenUpAgain(chaos, injected, run));
  await injected.end();
  const owing = stuck ?? (await settleOwed(setting, rollout, injected, run));
  unwatch();
  recovery.end();
  if (owing) violate(owing);
  await operationsEnd(setting, rollout);
  const { entries, record } = await readRollout(setting, rollout);
  const facts = await askHosts(setting);
  for (const { name } of setting.lab.hosts)
    if (!facts.has(name)) violate('it does not answer, with every fault mended', name);
  const headers = new Map([...setting.rpms].map(([version, { headerDigest }]) => [version, headerDigest]));
  const domains = new Map(setting.lab.hosts.map(({ name, domain }) => [name, domain]));
  violations.push(...check({ setup, headers, entries, record, domains, facts }));
  if (record.ended?.result === 'failed' && !record.ended.detail?.includes('TG_REHEARSAL_FAILED'))
    violate(`the rollout failed: ${record.ended.detail}`);
  await clearHosts(setting, record.hosts.values());
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
    ...(violations.length > 0
      ? { evidence: { entries, facts: [...facts.values()], log: endOfLog(setting) } }
      : {}),
    workerEnded: setting.worker.endedByItself.splice(0),
  };
}

const logBytes = 20_000;
const endOfLog = ({ home }: Setting) => readFileSync(join(home.state, 'worker.log'), 'utf8').slice(-logBytes);

/** Tried again, or taken back, after its end. @returns why it is stuck */
async function takenUpAgain(
  { setting, rollout }: Chaos,
  injected: Injected,
  { afterwards, acts }: Run,
): Promise<string | undefined> {
  if (!afterwards) return undefined;
  const { length } = (await readRollout(setting, rollout)).entries;
  const { code } = await tidegate(setting, ['rollout', afterwards, rollout, '--yes', '--detach']);
  // Refused: nothing is there to be tried again, or the package is being caught up.
  return code === 0 ? toItsEnd(setting, rollout, injected, acts, length) : undefined;
}

async function operationsEnd(setting: Setting, rollout: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < operationsEndMs; waitedMs += 500) {
    if ((await readRollout(setting, rollout)).record.inFlight().length === 0) return;
    await sleep(500);
  }
}

/** No host is kept from the next run; a person has looked at those that are quarantined. */
async function clearHosts(
  setting: Setting,
  hosts: Iterable<{ readonly name: string; readonly state: string }>,
): Promise<void> {
  for (const { name, state } of hosts)
    if (state === 'quarantined')
      await tidegate(setting, ['hosts', 'clear', name, '--reason', 'chaos', '--yes']);
}
