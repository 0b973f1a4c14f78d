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
});
