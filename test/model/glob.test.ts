import fc from 'fast-check';
import { globTest } from '../../model/glob';

test('* is any text, ? one character, everything else itself: as the expression that says so', () => {
  const sign = fc.constantFrom('a', 'b', '.', '[', '*', '?', '😀');
  const text = fc.array(sign, { maxLength: 8 }).map((signs) => signs.join(''));
  fc.assert(
    fc.property(text, text, (glob, candidate) => {
      const pattern = glob.replaceAll(/[.[]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
      expect(globTest(glob)(candidate)).toBe(new RegExp(`^${pattern}$`, 'su').test(candidate));
    }),
    { numRuns: 5_000 },
  );
});

test('many * over a text that almost fits end, instead of trying every way to share it', () => {
  expect(globTest(`${'*a'.repeat(40)}b`)('a'.repeat(200))).toBe(false);
  expect(globTest(`${'*a'.repeat(40)}`)('a'.repeat(200))).toBe(true);
});
