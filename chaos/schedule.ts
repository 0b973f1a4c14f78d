import { type Hold, type Kind, kinds, type Step } from './kinds';
import { Random } from './random';

/** One fault of a run: what, where, at which step, and for how long. */
export interface Fault {
  /** Counted from 1 in its run. */
  readonly number: number;
  readonly kind: string;
  readonly host: string;
  readonly step: Step;
  /** It happens when the host is at the step for the so-manieth time. */
  readonly count: number;
  readonly ms: number;
  readonly hold?: Hold;
}

/** What is rolled out: the keys of the plan that differ from run to run. */
export interface Setup {
  readonly from: string;
  readonly to: string;
  readonly perDomain: number;
  readonly total: number;
  readonly stopAt: number;
  readonly firstWaveStopAt: number;
  readonly whenSpent: 'pause' | 'rollback' | 'abort';
  readonly failedHost: 'rollback' | 'leave';
  readonly soakSeconds: number;
  readonly gate: boolean;
  /** Hosts whose check fails. */
  readonly bad: readonly string[];
}

/** What a person does when the rollout waits for one, in this order; then it is aborted. */
export type Act = 'resume' | 'retry' | 'rollback' | 'abort';

/** One rollout and the faults that it meets. */
export interface Run {
  readonly number: number;
  readonly setup: Setup;
  readonly faults: readonly Fault[];
  readonly acts: readonly Act[];
  /** What is asked of the rollout when it has ended. */
  readonly afterwards?: 'retry' | 'rollback';
  /** Owed hosts are caught up, instead of being given up by a person. */
  readonly waitsForOwed: boolean;
}

/**
 * @param hosts - the first is the control instance: faults meet it too.
 * @param of - the kinds of faults that may happen.
 * @returns run `number` of a seed: the same for the same seed, whatever was run before it.
 */
export function runOf(
  seed: string,
  number: number,
  hosts: readonly string[],
  of: readonly Kind[] = kinds,
): Run {
  const random = new Random(`${seed}/${number}`);
  const setup = setupOf(random, hosts.slice(1));
  const faults = Array.from({ length: random.between(10, 20) }, (_, at) =>
    faultOf(random, at + 1, hosts, of),
  );
  const acts = Array.from({ length: random.between(1, 4) }, () => random.pick(acting));
  return {
    number,
    setup,
    faults,
    acts,
    afterwards: random.pick([undefined, undefined, 'retry', 'rollback'] as const),
    waitsForOwed: random.chance(0.5),
  };
}

const versions = ['1', '2'];
const acting: readonly Act[] = ['resume', 'resume', 'resume', 'retry', 'retry', 'rollback', 'abort'];

function setupOf(random: Random, hosts: readonly string[]): Setup {
  const from = random.pick(versions);
  return {
    from,
    to: from === '1' ? '2' : '1',
    perDomain: random.between(1, 3),
    total: random.between(3, 8),
    stopAt: random.between(2, 6),
    firstWaveStopAt: random.between(1, 2),
    whenSpent: random.pick(['pause', 'pause', 'rollback', 'abort']),
    failedHost: random.pick(['rollback', 'rollback', 'leave']),
    soakSeconds: random.pick([0, 0, 1]),
    gate: random.chance(0.25),
    bad: hosts.filter(() => random.chance(0.06)),
  };
}

function faultOf(random: Random, number: number, hosts: readonly string[], of: readonly Kind[]): Fault {
  const kind = random.weighted(of);
  const step = random.pick(kind.steps);
  const [least, most] = kind.ms ?? [0, 0];
  return {
    number,
    kind: kind.name,
    // Harm to the control instance itself ends most rollouts before they have begun: they fail in the rehearsal.
    host: random.pick(kind.where === 'host' ? hosts.slice(1) : hosts),
    step,
    count:
      step.startsWith('relay:') && step !== 'relay:connected'
        ? random.between(1, 20)
        : random.pick([1, 1, 1, 2]),
    ms: random.between(least, most),
    hold: kind.hold,
  };
}
