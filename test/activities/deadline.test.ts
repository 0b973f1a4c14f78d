import { deadlineOf } from '../../activities/deadline';

const began = Date.parse('2026-03-02T22:00:00Z');
beforeEach(() => jest.useFakeTimers({ now: began }));
afterEach(() => jest.useRealTimers());

const leftMs = (deadline: number) => deadline - performance.now();

test('what went by before counts, and what goes by meanwhile, whatever is done to the clock', () => {
  jest.setSystemTime(began + 20_000);
  const deadline = deadlineOf('2026-03-02T22:00:00Z', 60_000);
  expect(leftMs(deadline)).toBe(40_000);
  jest.setSystemTime(began + 3_600_000);
  jest.advanceTimersByTime(10_000);
  expect(leftMs(deadline)).toBe(30_000);
});

test('what seems to begin later, by a clock that was put back, begins now', () => {
  jest.setSystemTime(began - 3_600_000);
  expect(leftMs(deadlineOf('2026-03-02T22:00:00Z', 60_000))).toBe(60_000);
});
