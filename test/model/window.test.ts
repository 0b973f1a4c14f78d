import fc from 'fast-check';
import { nextOpening } from '../../model/window';

const window = (given: Partial<Parameters<typeof nextOpening>[0]>) => ({
  days: '*',
  from: '22:00',
  to: '04:00',
  zone: 'UTC',
  rollbackWaits: false,
  ...given,
});
const at = (text: string) => Date.parse(text);
const shown = ({ opensAt, closesAt }: { opensAt: number; closesAt: number }) =>
  [opensAt, closesAt].map((ms) => new Date(ms).toISOString());

test('a window over midnight is open after midnight', () => {
  expect(shown(nextOpening(window({}), at('2026-03-10T01:00:00Z')))).toEqual([
    '2026-03-09T22:00:00.000Z',
    '2026-03-10T04:00:00.000Z',
  ]);
});

test('a window of weekdays waits for Monday', () => {
  expect(
    shown(nextOpening(window({ days: 'mon-fri', from: '20:00', to: '23:00' }), at('2026-03-14T12:00:00Z'))),
  ).toEqual(['2026-03-16T20:00:00.000Z', '2026-03-16T23:00:00.000Z']);
});

test('a window follows daylight saving in its own zone', () => {
  const berlin = window({ zone: 'Europe/Berlin', from: '01:00', to: '05:00' });
  // The night in which 02:00 becomes 03:00: three hours long.
  expect(shown(nextOpening(berlin, at('2026-03-28T12:00:00Z')))).toEqual([
    '2026-03-29T00:00:00.000Z',
    '2026-03-29T03:00:00.000Z',
  ]);
  // The night in which 03:00 becomes 02:00: five hours long.
  expect(shown(nextOpening(berlin, at('2026-10-24T12:00:00Z')))).toEqual([
    '2026-10-24T23:00:00.000Z',
    '2026-10-25T04:00:00.000Z',
  ]);
});

test('whatever the moment, the window has not closed and opens within eight days', () => {
  const zones = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kolkata',
    'Pacific/Auckland',
  );
  const moment = fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z') });
  const days = fc.constantFrom('*', 'sat,sun', 'mon-fri', 'fri-mon');
  fc.assert(
    fc.property(zones, days, moment, (zone, wanted, nowMs) => {
      const { opensAt, closesAt } = nextOpening(window({ zone, days: wanted }), nowMs);
      expect(closesAt).toBeGreaterThan(nowMs);
      expect(closesAt).toBeGreaterThan(opensAt);
      expect(opensAt - nowMs).toBeLessThan(8 * 86_400_000);
    }),
    { numRuns: 200 },
  );
});

test('a day that is none is refused', () => {
  expect(() => nextOpening(window({ days: 'someday' }), 0)).toThrow(RangeError);
});
