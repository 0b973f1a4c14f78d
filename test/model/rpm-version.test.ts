import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { compareEvr, compareVersions, parseEvr } from '../../model/rpm-version';

const version = fc
  .array(
    fc.constantFrom(
      '1',
      '2',
      '10',
      '010',
      '0',
      'a',
      'b',
      'rc',
      'A',
      '.',
      '_',
      '~',
      '^',
      '+',
      '99999999999999999999',
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((parts) => parts.join(''));

test('versions compare as rpm itself compares them', () => {
  const pairs = fc.sample(fc.tuple(version, version), 4_000);
  const said: number[] = [];
  // One argument is at most 128 KiB long.
  for (let from = 0; from < pairs.length; from += 500) {
    const lua = pairs.slice(from, from + 500).map(([a, b]) => `print(rpm.vercmp("${a}","${b}").."\\n")`);
    said.push(
      ...execFileSync('rpm', ['--eval', `%{lua:${lua.join('')}}`])
        .toString()
        .trim()
        .split(/\s+/)
        .map(Number),
    );
  }
  expect(said).toHaveLength(pairs.length);
  const differing = pairs.filter(([a, b], i) => compareVersions(a, b) !== said[i]);
  expect(differing).toEqual([]);
});

test('an epoch wins over everything, and a missing one is 0', () => {
  expect(compareEvr(parseEvr('1:1-1'), parseEvr('9-9'))).toBe(1);
  expect(compareEvr(parseEvr('0:2-1'), parseEvr('2-1'))).toBe(0);
  expect(compareEvr({ version: '6.0', release: '28.1' }, { version: '6.0', release: '28' })).toBe(1);
});

test('order is the other way round when the sides are', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
    }),
  );
});
