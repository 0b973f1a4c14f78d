import { kinds } from '../../chaos/kinds';
import { runOf } from '../../chaos/schedule';

const hosts = ['web001', 'web002', 'web003'];
const runs = Array.from({ length: 300 }, (_, at) => runOf('a seed', at + 1, hosts));

test('the same seed gives the same runs, whatever was drawn before', () => {
  for (const run of [...runs].reverse()) expect(runOf('a seed', run.number, hosts)).toEqual(run);
});

test('another seed, and another run of a seed, are others', () => {
  expect(runOf('another', 1, hosts)).not.toEqual(runs[0]);
  expect(new Set(runs.map(({ faults }) => JSON.stringify(faults))).size).toBe(runs.length);
});

test('every kind comes, at each of its steps, on every host', () => {
  const drawn = new Set(
    runs.flatMap(({ faults }) => faults.map(({ kind, step, host }) => [kind, step, host].join())),
  );
  for (const { name, steps } of kinds)
    for (const step of steps) expect([...drawn]).toContainEqual(expect.stringContaining([name, step].join()));
  for (const host of hosts) expect([...drawn]).toContainEqual(expect.stringContaining(host));
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
