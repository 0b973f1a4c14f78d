import fc from 'fast-check';
import { canonicalJson } from '../../model/canonical';

test('sorts keys at every depth and writes no white space', () => {
  expect(canonicalJson({ b: [{ z: 1, a: null }], a: 'é\n' })).toBe('{"a":"é\\n","b":[{"a":null,"z":1}]}');
});

test('leaves out keys whose value is undefined', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
});

test('writes zero without a sign and fractions as ECMAScript does', () => {
  expect(canonicalJson([-0, 0.1, 1.5])).toBe('[0,0.1,1.5]');
});

test.each([
  ['NaN', { a: [Number.NaN] }, '$.a[0]'],
  ['an infinity', Number.POSITIVE_INFINITY, '$'],
  ['an integer that a number does not hold', { a: 2 ** 53 }, '$.a'],
  ['undefined in a list', [undefined], '$[0]'],
  ['a hole in a list', new Array(1), '$[0]'],
  ['a Date', { at: new Date(0) }, '$.at'],
  ['a Map', new Map(), '$'],
  ['a bigint', 1n, '$'],
  ['a function', { f: () => 1 }, '$.f'],
])('refuses %s and names its place', (_what, value, path) => {
  expect(() => canonicalJson(value)).toThrow(`(at ${path})`);
});

test('is one text for one value, whatever the order of its keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })), (value) => {
      const safe = JSON.parse(JSON.stringify(value), (_key, item) =>
        typeof item === 'number' && !Number.isSafeInteger(item) && Number.isInteger(item) ? 0 : item,
      );
      const turned = Object.fromEntries(Object.entries(safe).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(safe));
      expect(JSON.parse(canonicalJson(safe))).toEqual(safe);
    }),
  );
});
