import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { compareEvr, compareVersions, parseEvr } from '../../model/rpm-version';

const piece = fc.constantFrom(
  ...['0', '1', '2', '9', '10', '010', '0001', '99999999999999999999', '100000000000000000000'],
  ...['a', 'b', 'A', 'Z', 'rc', 'alpha', 'el9', 'x86'],
  ...['.', '.', '_', '+', '..', '~', '^', '~~', '^^', '~^', '^~'],
);
const version = fc.array(piece, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''));
/** Pairs that are nearly equal, where the rules differ, beside pairs of any kind. */
const pair = fc.oneof(
  fc.tuple(version, version),
  fc.tuple(version, piece).map(([text, more]): [string, string] => [text, text + more]),
  fc
    .tuple(version, piece, piece, version)
    .map(([head, a, b, tail]): [string, string] => [head + a + tail, head + b + tail]),
);

test('versions compare as rpm itself compares them, on thousands of pairs', () => {
  const pairs = fc.sample(pair, 6000);
  const said = askRpm(pairs.map(([a, b]) => `rpm.vercmp("${a}","${b}")`));
  expect(pairs.filter(([a, b], index) => compareVersions(a, b) !== said[index])).toEqual([]);
});

test('epoch, version and release compare as rpm itself compares them', () => {
  const part = fc.constantFrom('0', '1', '2', '1.1', '1~rc1', '1^git1', '10', '01', 'a');
  const evr = fc
    .tuple(fc.constantFrom('', '0:', '1:', '2:', '10:', '01:'), part, part)
    .map(([epoch, version, release]) => `${epoch}${version}-${release}`);
  const pairs = fc.sample(fc.tuple(evr, evr), 2000);
  const said = askRpm(pairs.map(([a, b]) => `order("${a}","${b}")`));
  expect(pairs.filter(([a, b], index) => compareEvr(parseEvr(a), parseEvr(b)) !== said[index])).toEqual([]);
});

test('an EVR is read as rpm writes it', () => {
  expect(parseEvr('6.0-28.1')).toEqual({ epoch: '0', version: '6.0', release: '28.1' });
  expect(parseEvr('1:2.4-1.el9')).toEqual({ epoch: '1', version: '2.4', release: '1.el9' });
  expect(parseEvr('2.4')).toEqual({ epoch: '0', version: '2.4', release: '' });
});

test('an epoch wins over everything, and one that is missing, empty or (none) is 0', () => {
  expect(compareEvr(parseEvr('1:1-1'), parseEvr('9-9'))).toBe(1);
  for (const epoch of [undefined, '', '(none)', '0', '00'])
    expect(
      compareEvr({ epoch, version: '2', release: '1' }, { epoch: '0', version: '2', release: '1' }),
    ).toBe(0);
});

test("a release of ours lies between the vendor's and the vendor's next", () => {
  expect(compareEvr(parseEvr('6.0-28.el9.1'), parseEvr('6.0-28.el9'))).toBe(1);
  expect(compareEvr(parseEvr('6.0-28.el9.1'), parseEvr('6.0-29.el9'))).toBe(-1);
});

test('order is the other way round when the sides are, and equal sides are equal', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
      expect(compareVersions(a, a)).toBe(0);
    }),
    { numRuns: 1000 },
  );
});

/** One rpm for all, in pieces: an argument holds no more than 128 KiB. */
function askRpm(expressions: readonly string[]): number[] {
  const order =
    'local function order(a, b) a, b = rpm.ver(a), rpm.ver(b); return a < b and -1 or (b < a and 1 or 0) end';
  const lines = expressions.map((expression) => `print(${expression} .. "\\n")`);
  const chunks: string[] = [];
  for (let from = 0; from < lines.length; from += 1000)
    chunks.push(`do ${order}; ${lines.slice(from, from + 1000).join(' ')} end`);
  const args = chunks.flatMap((chunk) => ['--eval', `%{lua:${chunk}}`]);
  return execFileSync('rpm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .trim()
    .split(/\s+/)
    .map(Number);
}
