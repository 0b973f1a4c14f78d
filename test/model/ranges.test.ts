import fc from 'fast-check';
import { Ranges } from '../../model/ranges';

const indexes = fc.array(fc.nat(200));

describe('Ranges', () => {
  test('holds exactly the indexes that it was made of', () => {
    fc.assert(
      fc.property(indexes, (some) => {
        expect([...Ranges.of(some)]).toEqual([...new Set(some)].sort((a, b) => a - b));
        expect(Ranges.of(some).size).toBe(new Set(some).size);
      }),
    );
  });

  test('union, difference and intersection are those of sets', () => {
    fc.assert(
      fc.property(indexes, indexes, (a, b) => {
        const [left, right] = [new Set(a), new Set(b)];
        const sorted = (set: Iterable<number>) => [...set].sort((x, y) => x - y);
        expect([...Ranges.of(a).union(Ranges.of(b))]).toEqual(sorted(new Set([...left, ...right])));
        expect([...Ranges.of(a).subtract(Ranges.of(b))]).toEqual(
          sorted([...left].filter((x) => !right.has(x))),
        );
        expect([...Ranges.of(a).intersect(Ranges.of(b))]).toEqual(
          sorted([...left].filter((x) => right.has(x))),
        );
      }),
    );
  });

  test('reads back what it wrote', () => {
    fc.assert(
      fc.property(indexes, (some) => {
        const ranges = Ranges.of(some);
        expect(Ranges.fromText(ranges.toText()).toText()).toBe(ranges.toText());
      }),
    );
    expect(Ranges.of([0, 1, 2, 40]).toText()).toBe('0-2,40');
  });

  test('gives its lowest indexes first', () => {
    fc.assert(
      fc.property(indexes, fc.nat(50), (some, count) => {
        expect([...Ranges.of(some).first(count)]).toEqual([...Ranges.of(some)].slice(0, count));
      }),
    );
  });

  test('refuses text that it did not write', () => {
    expect(() => Ranges.fromText('1-x')).toThrow(RangeError);
  });

  test('has an index exactly when a set of the same indexes has it', () => {
    fc.assert(
      fc.property(indexes, fc.nat(220), (some, index) => {
        expect(Ranges.of(some).has(index)).toBe(new Set(some).has(index));
      }),
    );
  });

  test('many scattered indexes are written shorter than as ranges, and read back', () => {
    const many = fc.uniqueArray(fc.nat(3_000), { minLength: 150, maxLength: 600 });
    fc.assert(
      fc.property(many, (some) => {
        const text = Ranges.of(some).toText();
        expect(text.length).toBeLessThanOrEqual(Math.max(400, 'bits:'.length + 4 * Math.ceil(3_001 / 24)));
        expect([...Ranges.fromText(text)]).toEqual([...some].sort((x, y) => x - y));
      }),
    );
    expect(() => Ranges.fromText('bits:x')).toThrow(RangeError);
  });

  test('what a person can read, and what is short anyway, stays as ranges', () => {
    expect(Ranges.of([0, 2, 4, 6, 8, 90_000]).toText()).toBe('0,2,4,6,8,90000');
    const far = Ranges.of(Array.from({ length: 200 }, (_, n) => 1_000_000 + 2 * n));
    expect(far.toText()).toMatch(/^1000000,1000002,/);
  });

  test('holds every second of 100,000 hosts in 17,000 bytes, and joins and cuts such sets at once', () => {
    const even = Ranges.of(Array.from({ length: 50_000 }, (_, n) => 2 * n));
    const odd = Ranges.of(Array.from({ length: 50_000 }, (_, n) => 2 * n + 1));
    expect(odd.toText().length).toBeLessThan(17_000);
    expect(even.union(odd).toText()).toBe('0-99999');
    expect(Ranges.between(0, 100_000).subtract(even).toText()).toBe(odd.toText());
    expect(even.subtract(odd).size).toBe(50_000);
    expect(even.intersect(odd).size).toBe(0);
  });
});
