import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { quote } from '../../ssh/quote';

const odd = fc.constantFrom('!', "'", '"', '\\', '$', '`', '\n', ' ', '*', '~', 'a', 'é', ';', '-');
const words = fc.array(fc.string({ unit: odd, maxLength: 12 }), { minLength: 1, maxLength: 4 });

test('a POSIX shell takes quoted words for what they are', () => {
  fc.assert(
    fc.property(words, (given) => {
      const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${quote(...given)}`]).toString();
      expect(printed).toBe(given.map((word) => `${word}\0`).join(''));
    }),
    { numRuns: 50 },
  );
});

test('csh finds no event of its history in them: each ! is escaped, and outside of quotes', () => {
  expect(quote("it's!", '!x')).toBe("'it'\\''s'\\!'' ''\\!'x'");
});
