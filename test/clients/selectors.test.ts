import { TestHome } from './support/home';
import { BookBuilder, startMs } from './support/rollout';

let home: TestHome;
beforeEach(() => {
  home = new TestHome();
});
afterEach(() => home.remove());

describe('@ROLLOUT:STATE', () => {
  const failed = () => new BookBuilder().apply(0).begin(1, 2).end('rolled back', [1, 2], 'TG_CHECK_FAILED');

  test('lists the hosts that a rollout has left so', async () => {
    await home.keep(failed());
    const { code, out } = home.run('hosts', 'list', '@r-1a:failed', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out).map(({ name }: { name: string }) => name)).toEqual(['web002', 'web003']);
  });

  test('holds them', async () => {
    await home.keep(failed());
    const { out } = home.run('hosts', 'hold', '@r-1a:failed', '--yes', '--reason', 'look at them');
    expect(out).toContain('held: web[002-003]');
  });

  test('that is no state, or of no rollout, is refused with what there is', async () => {
    await home.keep(failed());
    expect(home.run('hosts', 'list', '@r-1a:broken')).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^TG_SELECTOR_INVALID .* failed, rolled-back, quarantined, and not "broken"\n/,
      ),
    });
    expect(home.run('hosts', 'list', '@r-2:failed')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^TG_ROLLOUT_NOT_FOUND {2}no rollout r-2\n/),
    });
  });

  test('is not retried when nothing of it failed; nothing is asked of Temporal then', async () => {
    await home.keep(failed().add({ kind: 'ended rollout', result: 'incomplete' }));
    expect(home.run('rollout', 'retry', 'r-1a', '--hosts', '@r-1a:applied', '--yes')).toMatchObject({
      code: 1,
      err: 'TG_NOTHING_TO_DO  none of 1 host failed in r-1a2b3c4d, is owed or was never reached\nnext: tidegate rollout status r-1a2b3c4d\n',
    });
  });
});

describe('many rollouts', () => {
  const id = (number: number) => `r-${String(number).padStart(32, '0')}`;
  beforeEach(async () => {
    for (let number = 1; number <= 25; number += 1) {
      const book = new BookBuilder(id(number));
      // The later a rollout began, the lower its ID: the order is not that of the names.
      for (const entry of book.entries) entry.at = new Date(startMs - number * 60_000).toISOString();
      await home.keep(book.add({ kind: 'ended rollout', result: 'done' }));
    }
  });

  test('are listed a screen full, the newest first, and how to see the older ones is said', () => {
    const lines = home.run('rollout', 'list').out.trimEnd().split('\n');
    expect(lines).toHaveLength(22);
    expect(lines[1]).toMatch(/^r-00000000 +unzip/);
    expect(lines.at(-1)).toBe('and 5 older   tidegate rollout list --last 25');
  });

  test('are all listed when asked for, in the order in which they began', () => {
    const { out } = home.run('rollout', 'list', '--last', '100', '-o', 'json');
    const ids = JSON.parse(out).map((rollout: { id: string }) => rollout.id);
    expect(ids).toEqual(Array.from({ length: 25 }, (_, index) => id(index + 1)));
  });

  test('have IDs whose start may be that of several, which says so', () => {
    expect(home.run('rollout', 'status', 'r-0')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^TG_ROLLOUT_NOT_FOUND {2}r-0 can be r-/),
    });
    expect(home.run('rollout', 'status').out).toMatch(/^DONE/);
  });
});
