import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Turns } from '../model/turns';
import { ask } from './ask';
import type { Chaos } from './chaos';
import type { Violation } from './check/evidence';
import { readRollout, startRollout, toItsEnd } from './drive';
import { type Happened, Injected } from './inject';
import { judge } from './judge';
import { settleOwed } from './owed';
import { type Recovered, Recovery } from './recovery';
import { reset } from './reset';
import type { Run } from './schedule';
import type { Setting } from './setting';
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

/**
 * Carries out one run: a rollout, its faults, and what hosts and ledger say afterwards.
 * @param count - called at each fault that happens.
 */
export async function carryOut(setting: Setting, run: Run, count: () => void): Promise<Outcome> {
  const begunMs = performance.now();
  const { setup } = run;
  await reset(setting, setup.from, setup.bad);
  const violations: Violation[] = [];
  const recovery = new Recovery(setting.steps);
  const violate = (what: string, host = '') => void violations.push({ invariant: 6, host, what });
  const rollout = await startRollout(setting, setup);
  const chaos: Chaos = { setting, recovery, rollout, turns: new Turns(), broken: new Set(), count, violate };
  const injected = new Injected(chaos, run.faults);
  const unwatch = watchLedger(setting.home.ledger, rollout, setting.steps, (error) => violate(String(error)));
  const stuck =
    (await toItsEnd(setting, rollout, injected, run.acts)) ?? (await takenUpAgain(chaos, injected, run));
  await injected.end();
  // A person ends what is stuck, or no further rollout could begin.
  if (stuck) await endIt(setting, rollout, injected);
  const owing = stuck ?? (await settleOwed(setting, rollout, injected, run));
  unwatch();
  recovery.end();
  if (owing) violate(owing);
  const { evidence, violations: found } = await judge(setting, setup, rollout);
  violations.push(...found);
  const { entries, record } = evidence;
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
      ? { evidence: { entries, facts: [...evidence.facts.values()], log: endOfLog(setting) } }
      : {}),
    workerEnded: setting.worker.endedByItself.splice(0),
  };
}

const logBytes = 20_000;
const endOfLog = ({ home }: Setting) => readFileSync(join(home.state, 'worker.log'), 'utf8').slice(-logBytes);

async function endIt(setting: Setting, rollout: string, injected: Injected): Promise<void> {
  await ask(setting, rollout, 'abort');
  await toItsEnd(setting, rollout, injected, []);
}

/** Tried again, or taken back, after its end. @returns why it is stuck */
async function takenUpAgain(
  { setting, rollout }: Chaos,
  injected: Injected,
  { afterwards, acts }: Run,
): Promise<string | undefined> {
  if (!afterwards) return undefined;
  const { length } = (await readRollout(setting, rollout)).entries;
  const { code, wrong } = await ask(setting, rollout, afterwards);
  if (wrong) return wrong;
  // Refused: nothing is there to be tried again, or the package is being caught up.
  return code === 0 ? toItsEnd(setting, rollout, injected, acts, length) : undefined;
}
