import { eventLine } from '../../../../clients/view/rollout/events';
import { BookBuilder } from '../../support/rollout';

process.env.TZ = 'UTC';
const lastLine = (book: BookBuilder) => eventLine(book.entries.at(-1)!);

test('a wave is named by its number', () => {
  expect(lastLine(new BookBuilder().phase('wave', 2))).toBe('2026-03-14 22:00:01  phase    wave 2');
});

test('a soak names its wave once', () => {
  const book = new BookBuilder().add({
    kind: 'phase',
    phase: 'soaking',
    wave: 1,
    detail: 'wave 1',
    untilAt: '2026-03-14T22:10:00Z',
  });
  expect(lastLine(book)).toBe('2026-03-14 22:00:01  phase    soaking, wave 1, until 2026-03-14 22:10:00');
});

test('what was rehearsed on a control instance is not told like a host that failed', () => {
  const rehearsed = (state: 'rolled back' | 'failed', code?: string) =>
    lastLine(
      new BookBuilder().add({
        kind: 'state',
        host: 'ctl1',
        index: -1,
        state,
        code,
        failure: false,
        attempt: 1,
      }),
    );
  expect(rehearsed('rolled back')).toBe(
    '2026-03-14 22:00:01  state    ctl1  rehearsed, and as it was before',
  );
  expect(rehearsed('failed', 'TG_CHECK_FAILED')).toBe(
    '2026-03-14 22:00:01  state    ctl1  rehearsal failed, TG_CHECK_FAILED',
  );
});
