import { medianOf, type Table } from '../../bench/results';
import { names } from '../../bench/settings';
import { targetsOf } from '../../bench/targets';

const machine = {
  cores: 2,
  processor: 'x',
  memoryGiB: 24,
  kernel: '6.1',
  distribution: 'Debian',
  versions: {},
};

test('a target is met up to its limit, and missed beyond it', () => {
  const tables = new Map([
    ['true', table({ [names.tidegate]: [3, 2], [names.bare]: [2, 1], clush: [2.9, 4] })],
    [
      'rollout',
      table({
        [names.tidegate]: [10, 9],
        [names.sameSteps]: [8, 8],
        [names.naive]: [4, 4],
        clush: [13, 40],
        'ansible-core': [69, 130],
      }),
    ],
  ]);
  expect(targetsOf(tables).map(({ what, met }) => [what, met])).toEqual([
    ['`tidegate run` / clush, wall ≤', false],
    ['`tidegate run` / bare ssh2 loop, wall ≤', true],
    ['`tidegate run` / clush, CPU ≤', true],
    ['rollout / the same steps, bare ≤', true],
    ['rollout / naive loop ≤', false],
    ["clush's three commands / rollout ≥", true],
    ["Ansible's playbook / rollout ≥", false],
  ]);
});

test('of a contender that never did the work there is no target', () => {
  const without = table({ [names.tidegate]: [3, 2], [names.bare]: [2, 1] });
  const failed = { name: 'clush', version: '1', rounds: [], failures: ['exit 1'] };
  const all = { ...without, results: [...without.results, failed] };
  expect(targetsOf(new Map([['true', all]])).map(({ what }) => what)).toEqual([
    '`tidegate run` / bare ssh2 loop, wall ≤',
  ]);
});

test('the median is the middle round, or the mean of the two in the middle', () => {
  const of = (...walls: number[]) => {
    const rounds = walls.map((wallSeconds) => ({ wallSeconds, cpuSeconds: 0, peakMiB: 0 }));
    return { ...table({}), results: [{ name: 'x', version: '', rounds, failures: [] }] };
  };
  expect(medianOf(of(9, 1, 2), 'x', 'wallSeconds')).toBe(2);
  expect(medianOf(of(9, 1, 2, 3), 'x', 'wallSeconds')).toBe(2.5);
  expect(medianOf(of(), 'x', 'wallSeconds')).toBeUndefined();
});

function table(figures: Readonly<Record<string, readonly [wall: number, cpu: number]>>): Table {
  const results = Object.entries(figures).map(([name, [wallSeconds, cpuSeconds]]) => ({
    name,
    version: '1',
    rounds: [{ wallSeconds, cpuSeconds, peakMiB: 1 }],
    failures: [],
  }));
  return { title: 't', setting: 's', remarks: [], hosts: 1, machine, results };
}
