import fc from 'fast-check';
import { nextBegins, nextOpening } from '../../model/window';
import { at, opening, window } from '../support/windows';

const dayMs = 86_400_000;

test('a window over midnight is open after midnight', () => {
  expect(opening({}, '2026-03-10T01:00:00Z')).toEqual(['2026-03-09T22:00Z', '2026-03-10T04:00Z']);
});

test('a window that just closed is followed by the next', () => {
  expect(opening({}, '2026-03-10T04:00:00Z')).toEqual(['2026-03-10T22:00Z', '2026-03-11T04:00Z']);
});

test.each([
  ['mon-fri', '2026-03-14T12:00:00Z', '2026-03-16T20:00Z'],
  ['fri-mon', '2026-03-17T12:00:00Z', '2026-03-20T20:00Z'],
  ['sat, Sunday', '2026-03-16T12:00:00Z', '2026-03-21T20:00Z'],
  ['1-5', '2026-03-14T12:00:00Z', '2026-03-16T20:00Z'],
  ['7', '2026-03-14T12:00:00Z', '2026-03-15T20:00Z'],
])('days %s wait for their day', (days, now, opensAt) => {
  expect(opening({ days, from: '20:00', to: '23:00' }, now)[0]).toBe(opensAt);
});

test('a night belongs to the day on which it begins', () => {
  const friday = { days: 'fri', from: '22:00', to: '04:00' };
  expect(opening(friday, '2026-03-14T03:00:00Z')).toEqual(['2026-03-13T22:00Z', '2026-03-14T04:00Z']);
  expect(opening(friday, '2026-03-13T03:00:00Z')).toEqual(['2026-03-13T22:00Z', '2026-03-14T04:00Z']);
});

test('windows that meet are one', () => {
  const [opensAt, closesAt] = opening(
    { days: 'sat,sun', from: '00:00', to: '24:00' },
    '2026-03-14T12:00:00Z',
  );
  expect([opensAt, closesAt]).toEqual(['2026-03-14T00:00Z', '2026-03-16T00:00Z']);
  const always = nextOpening(window({ from: '06:00', to: '06:00' }), at('2026-03-14T05:59:00Z'));
  expect(always.closesAt).toBeGreaterThan(at('2026-03-20T00:00:00Z'));
});

describe('whatever the zone, the window and the moment', () => {
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kolkata',
    'Pacific/Auckland',
    'Australia/Lord_Howe',
    'America/St_Johns',
  );
  const time = fc.nat(95).map((quarter) => {
    const minutes = quarter * 15;
    return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
  });
  const days = fc.constantFrom('*', 'sat,sun', 'mon-fri', 'fri-mon', 'wed', 'tue,thu');
  const anyWindow = fc.record({ zone, days, from: time, to: time }).map(window);
  const ordinary = fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z') });
  const change = fc.constantFrom(
    '2026-03-08T07:00:00Z',
    '2026-03-29T01:00:00Z',
    '2026-10-25T01:00:00Z',
    '2026-11-01T06:00:00Z',
  );
  const nearChange = fc
    .tuple(change, fc.integer({ min: -30 * 60, max: 30 * 60 }))
    .map(([text, minutes]) => at(text) + minutes * 60_000);
  const moment = fc.oneof(ordinary, nearChange);

  test('it has not closed, closes after it opens, and from inside it is the same one', () => {
    fc.assert(
      fc.property(
        anyWindow,
        moment,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (given, nowMs, share) => {
          const { opensAt, closesAt } = nextOpening(given, nowMs);
          expect(closesAt).toBeGreaterThan(nowMs);
          expect(closesAt).toBeGreaterThan(opensAt);
          expect(opensAt - nowMs).toBeLessThanOrEqual(15 * dayMs);
          const inside = Math.max(nowMs, Math.floor(opensAt + share * Math.min(closesAt - opensAt, dayMs)));
          if (inside < closesAt && closesAt - opensAt < dayMs)
            expect(nextOpening(given, inside)).toEqual({ opensAt, closesAt });
          const begins = nextBegins(given, nowMs, 60_000);
          expect(begins.lastAt).toBeGreaterThanOrEqual(nowMs);
          expect(begins.lastAt).toBeGreaterThanOrEqual(begins.firstAt);
          expect(begins.lastAt + 60_000).toBe(begins.closesAt);
          // Nothing that was possible earlier is passed over.
          if (closesAt - 60_000 >= Math.max(nowMs, opensAt)) expect(begins.firstAt).toBe(opensAt);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("until it opens the zone's clocks show no time of it, and from then on one of it", () => {
    fc.assert(
      fc.property(anyWindow, moment, (given, nowMs) => {
        const { opensAt, closesAt } = nextOpening(given, nowMs);
        const until = Math.min(closesAt, Math.max(opensAt, nowMs) + dayMs);
        for (let ms = Math.max(nowMs, opensAt - 2 * dayMs); ms < until; ms += 20 * 60_000) {
          if (clocksWentBack(given.zone, ms)) continue;
          expect([new Date(ms).toISOString(), shows(given, ms)]).toEqual([
            new Date(ms).toISOString(),
            ms >= opensAt,
          ]);
        }
      }),
      { numRuns: 150 },
    );
  });

  /** The hour that comes twice: the second time its clocks show what is over already. */
  function clocksWentBack(zone: string, ms: number): boolean {
    const passed = clock(zone, ms).minutes - clock(zone, ms - 180 * 60_000).minutes;
    return (passed + 1440) % 1440 < 180;
  }

  function shows({ days: wanted, from, to, zone: where }: ReturnType<typeof window>, ms: number): boolean {
    const { minutes, day } = clock(where, ms);
    const [begin, end] = [from, to].map((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
    const isWanted = (weekday: number) => daysOf[wanted]!.includes((weekday + 7) % 7);
    if (end! > begin!) return isWanted(day) && minutes >= begin! && minutes < end!;
    return (isWanted(day) && minutes >= begin!) || (isWanted(day - 1) && minutes < end!);
  }

  const daysOf: Record<string, number[]> = {
    '*': [0, 1, 2, 3, 4, 5, 6],
    'sat,sun': [6, 0],
    'mon-fri': [1, 2, 3, 4, 5],
    'fri-mon': [5, 6, 0, 1],
    wed: [3],
    'tue,thu': [2, 4],
  };
  const formats = new Map<string, Intl.DateTimeFormat>();

  /** Another way to read the clock than the code has. */
  function clock(where: string, ms: number): { minutes: number; day: number } {
    let format = formats.get(where);
    if (!format) {
      format = new Intl.DateTimeFormat('en-GB', {
        timeZone: where,
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      });
      formats.set(where, format);
    }
    const [, weekday = '', hours, minutes] = /^(\w{3}),? (\d\d):(\d\d)$/.exec(format.format(ms)) ?? [];
    return {
      minutes: Number(hours) * 60 + Number(minutes),
      day: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(weekday),
    };
  }
});

test.each([
  [{ days: 'someday' }, '"someday" is no day'],
  [{ days: 'mon-' }, '"mon-" is no day'],
  [{ days: 'mon-wed-fri' }, 'is no day'],
  [{ days: 'mon,,fri' }, '"" is no day'],
  [{ from: '25:00' }, '"25:00" is no time'],
  [{ to: '12:60' }, '"12:60" is no time'],
  [{ zone: 'Mars/Olympus' }, '"Mars/Olympus" is no time zone'],
])('%j is refused', (given, why) => {
  expect(() => nextOpening(window(given), 0)).toThrow(
    expect.objectContaining({ code: 'TG_WINDOW_INVALID', message: expect.stringContaining(why) }),
  );
});

test('times may have seconds, also where clocks skip them', () => {
  const given = { from: '22:00:07', to: '22:00:59' };
  expect(opening(given, '2026-03-10T12:00:00Z')).toEqual([
    '2026-03-10T22:00:07.000Z',
    '2026-03-10T22:00:59.000Z',
  ]);
  const skipped = { zone: 'Europe/Berlin', from: '02:30:20', to: '05:00' };
  expect(opening(skipped, '2026-03-28T23:00:00Z')).toEqual(['2026-03-29T01:00Z', '2026-03-29T03:00Z']);
});

describe('operations begin', () => {
  const nights = window({});
  const begins = (now: string, expectedMs = 600_000) => {
    const { firstAt, lastAt } = nextBegins(nights, at(now), expectedMs);
    return [firstAt, lastAt].map((ms) => new Date(ms).toISOString().slice(5, 16));
  };

  test('as long as they are expected to be done when the window closes, and then at its next opening', () => {
    expect(begins('2026-03-10T12:00:00Z')).toEqual(['03-10T22:00', '03-11T03:50']);
    expect(begins('2026-03-11T03:50:00Z')).toEqual(['03-10T22:00', '03-11T03:50']);
    expect(begins('2026-03-11T03:50:01Z')).toEqual(['03-11T22:00', '03-12T03:50']);
  });

  test('never in a window that is too short for them', () => {
    expect(() => begins('2026-03-10T12:00:00Z', 6 * 3_600_000 + 1)).toThrow(
      expect.objectContaining({ code: 'TG_WINDOW_INVALID' }),
    );
  });
});
