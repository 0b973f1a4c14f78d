import type { Measured } from '../../../bench/scale/results';
import { targetsOf } from '../../../bench/scale/targets';

test('a run keeps to its targets up to the limit, and misses them beyond it', () => {
  expect(missedOf(run({}))).toEqual([]);
  expect(
    missedOf(
      run({
        workerPeakMiB: 512.1,
        largestHistory: { events: 10_001, workflow: 'wave' },
        largestPayload: { bytes: 256 * 1024 + 1, event: '' },
        disagreements: ['h1'],
      }),
    ),
  ).toEqual([
    'events of a workflow',
    'KiB of a payload',
    "MiB of the worker's memory",
    'hosts of which ledger and simulation say different things',
  ]);
});

test('the worst of all runs counts', () => {
  expect(missedOf(run({}), run({ hosts: 10_000, workerPeakMiB: 600 }))).toEqual([
    "MiB of the worker's memory",
  ]);
});

test('a host of the largest run costs at most 1.2 times one of the smallest', () => {
  const large = (factor: number) =>
    run({
      hosts: 100_000,
      rolloutSeconds: 1000 * factor,
      cpuSeconds: 200 * factor,
      events: 20_000 * factor,
    });
  expect(missedOf(run({}), large(1.2))).toEqual([]);
  expect(missedOf(large(1.21), run({}))).toEqual([
    'wall time, a host of 100,000 / of 1,000',
    'CPU, a host of 100,000 / of 1,000',
    'events, a host of 100,000 / of 1,000',
  ]);
});

test('a run that was disturbed is judged by the pause, and by no cost', () => {
  const disturbed = (effectSeconds: number, begunAfter: number) =>
    run({
      hosts: 100_000,
      rolloutSeconds: 1e6,
      disturbed: {
        pause: { effectSeconds, commandSeconds: 1, begunAfter },
        killed: { atHosts: 1, recoverySeconds: 9, peakMiB: 1, cpuSeconds: 1 },
      },
    });
  expect(missedOf(run({}), disturbed(2, 0))).toEqual([]);
  expect(missedOf(disturbed(2.1, 1))).toEqual([
    'seconds until a pause took effect',
    'operations begun after a pause',
  ]);
});

const missedOf = (...runs: Measured[]) => targetsOf(runs).flatMap(({ what, met }) => (met ? [] : [what]));

const run = (given: Partial<Measured>): Measured => ({
  hosts: 1000,
  planSeconds: 1,
  rolloutSeconds: 10,
  cpuSeconds: 2,
  workerPeakMiB: 512,
  serverPeakMiB: 100,
  counts: { applied: 1000 },
  disagreements: [],
  events: 200,
  largestHistory: { events: 10_000, workflow: 'wave' },
  largestPayload: { bytes: 256 * 1024, event: '' },
  ...given,
});
