import fc from 'fast-check';
import { durationMs, durationText } from '../../model/duration';
import { planSchema } from '../../model/plan';

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1h 30m', 5_400_000],
  ['0', 0],
  ['1.5ms', 2],
  ['3650d', 315_360_000_000],
  ['3651d', undefined],
  ['9999999999999s', undefined],
  ['9'.repeat(400).concat('d'), undefined],
  ['-1s', undefined],
  ['s', undefined],
])('%s is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test('any duration leads to a moment, and has a text', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{1,30}(ms|s|m|h|d)$/), (text) => {
      const ms = durationMs(text) ?? 0;
      expect(new Date(Date.UTC(2026, 0, 1) + ms).getTime()).not.toBeNaN();
      expect(durationText(ms)).toMatch(/^\d+ (s|min|h|d|h \d+ min)$/);
    }),
  );
});

test('a plan waits for nothing longer than a timer can', () => {
  const plan = (operation: string) =>
    planSchema.safeParse({ package: 'unzip', hosts: 'all', timeouts: { operation } });
  expect(plan('24d').success).toBe(true);
  expect(plan('25d').error?.issues[0]).toMatchObject({ path: ['timeouts', 'operation'] });
});
