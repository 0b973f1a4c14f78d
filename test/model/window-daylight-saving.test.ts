import { opening } from '../support/windows';

describe('daylight saving', () => {
  test.each([
    // Berlin goes from 02:00 to 03:00 on 2026-03-29 at 01:00 UTC, and from 03:00 to 02:00 on 2026-10-25 at 01:00 UTC.
    [
      'a night without an hour',
      'Europe/Berlin',
      '01:00',
      '05:00',
      '2026-03-28T12:00:00Z',
      '2026-03-29T00:00Z',
      '2026-03-29T03:00Z',
    ],
    [
      'a night with an hour more',
      'Europe/Berlin',
      '01:00',
      '05:00',
      '2026-10-24T12:00:00Z',
      '2026-10-24T23:00Z',
      '2026-10-25T04:00Z',
    ],
    [
      'over midnight into the short day',
      'Europe/Berlin',
      '22:00',
      '06:00',
      '2026-03-28T12:00:00Z',
      '2026-03-28T21:00Z',
      '2026-03-29T04:00Z',
    ],
    [
      'over midnight into the long day',
      'Europe/Berlin',
      '22:00',
      '06:00',
      '2026-10-24T12:00:00Z',
      '2026-10-24T20:00Z',
      '2026-10-25T05:00Z',
    ],
    [
      'from a time that is skipped',
      'Europe/Berlin',
      '02:30',
      '05:00',
      '2026-03-28T23:00:00Z',
      '2026-03-29T01:00Z',
      '2026-03-29T03:00Z',
    ],
    [
      'to a time that is skipped',
      'Europe/Berlin',
      '01:00',
      '02:30',
      '2026-03-28T23:00:00Z',
      '2026-03-29T00:00Z',
      '2026-03-29T01:00Z',
    ],
    [
      'wholly in the hour that is skipped: the next day',
      'Europe/Berlin',
      '02:10',
      '02:50',
      '2026-03-28T23:00:00Z',
      '2026-03-30T00:10Z',
      '2026-03-30T00:50Z',
    ],
    [
      'from a time that comes twice: the first',
      'Europe/Berlin',
      '02:30',
      '05:00',
      '2026-10-24T12:00:00Z',
      '2026-10-25T00:30Z',
      '2026-10-25T04:00Z',
    ],
    [
      'to a time that comes twice: the first',
      'Europe/Berlin',
      '01:00',
      '02:30',
      '2026-10-24T12:00:00Z',
      '2026-10-24T23:00Z',
      '2026-10-25T00:30Z',
    ],
    [
      'late on the eve of the short day',
      'Europe/Berlin',
      '23:00',
      '23:50',
      '2026-03-28T22:55:00Z',
      '2026-03-29T21:00Z',
      '2026-03-29T21:50Z',
    ],
    // New York goes from 02:00 to 03:00 on 2026-03-08 at 07:00 UTC, and from 02:00 to 01:00 on 2026-11-01 at 06:00 UTC.
    [
      'a short night in New York',
      'America/New_York',
      '22:00',
      '06:00',
      '2026-03-07T12:00:00Z',
      '2026-03-08T03:00Z',
      '2026-03-08T10:00Z',
    ],
    [
      'a long night in New York',
      'America/New_York',
      '22:00',
      '06:00',
      '2026-10-31T12:00:00Z',
      '2026-11-01T02:00Z',
      '2026-11-01T11:00Z',
    ],
    [
      'a time that comes twice in New York',
      'America/New_York',
      '01:30',
      '03:00',
      '2026-11-01T00:00:00Z',
      '2026-11-01T05:30Z',
      '2026-11-01T08:00Z',
    ],
    // Lord Howe's clocks move by half an hour; Samoa had no 30 December 2011 at all.
    [
      'a skip of half an hour',
      'Australia/Lord_Howe',
      '02:15',
      '04:00',
      '2026-10-03T12:00:00Z',
      '2026-10-03T15:30Z',
      '2026-10-03T17:00Z',
    ],
    [
      'a skip of a whole day',
      'Pacific/Apia',
      '01:00',
      '02:00',
      '2011-12-29T13:00:00Z',
      '2011-12-30T11:00Z',
      '2011-12-30T12:00Z',
    ],
  ])('%s', (_, zone, from, to, now, opensAt, closesAt) => {
    expect(opening({ zone, from, to }, now)).toEqual([opensAt, closesAt]);
  });

  test('a window of one day a week that falls into the skipped hour is that of the week after', () => {
    const weekly = { zone: 'Europe/Berlin', days: 'sun', from: '02:00', to: '03:00' };
    expect(opening(weekly, '2026-03-23T00:00:00Z')).toEqual(['2026-04-05T00:00Z', '2026-04-05T01:00Z']);
  });
});
