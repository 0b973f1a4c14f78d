import { injections } from '../../chaos/inject';
import { kinds } from '../../chaos/kinds';
import { runOf } from '../../chaos/schedule';

const hosts = ['ctl1', 'web001', 'web002', 'web003'];
const runs = Array.from({ length: 2_000 }, (_, at) => runOf('a seed', at + 1, hosts));

test('the same seed gives the same runs, whatever was drawn before', () => {
  for (const run of [...runs].reverse()) expect(runOf('a seed', run.number, hosts)).toEqual(run);
});

test('another seed, and another run of a seed, are others', () => {
  expect(runOf('another', 1, hosts)).not.toEqual(runs[0]);
  expect(new Set(runs.map(({ faults }) => JSON.stringify(faults))).size).toBe(runs.length);
});

test('every kind comes, at each of its steps; and to every host', () => {
  const faults = runs.flatMap((run) => run.faults);
  const drawn = new Set(faults.map(({ kind, step }) => `${kind}, at ${step}`));
  const all = kinds.flatMap(({ name, steps }) => steps.map((step) => `${name}, at ${step}`));
  expect([...drawn].sort()).toEqual(all.sort());
  expect(new Set(faults.map(({ host }) => host))).toEqual(new Set(hosts));
  expect(new Set(runs.flatMap(({ setup }) => setup.bad))).toEqual(new Set(hosts.slice(1)));
});

test('every kind can be made to happen, and nothing else', () => {
  expect(Object.keys(injections).sort()).toEqual(kinds.map(({ name }) => name).sort());
});

test('a fault lasts as long as its kind says, and is held where its kind says', () => {
  for (const { kind, ms, hold } of runs.flatMap(({ faults }) => faults)) {
    const known = kinds.find(({ name }) => name === kind)!;
    const [least, most] = known.ms ?? [0, 0];
    expect(ms).toBeGreaterThanOrEqual(least);
    expect(ms).toBeLessThanOrEqual(most);
    expect(hold).toEqual(known.hold);
  }
});
