import { plain } from '../../../../clients/view/colours';
import { rolloutPicture } from '../../../../clients/view/rollout/picture';
import { statusText } from '../../../../clients/view/rollout/status';
import { watchFooter, watchText } from '../../../../clients/view/rollout/watch';
import { BookBuilder, between, list, plan, running, startMs } from '../../support/rollout';

process.env.TZ = 'UTC';
const later = (minutes: number) => startMs + minutes * 60_000;
const picture = (book: BookBuilder, nowMs = later(2)) => rolloutPicture(book.record(), plan, list, nowMs);
const watched = (book: BookBuilder, nowMs = later(2)) => {
  const drawn = picture(book, nowMs);
  return `${watchText(drawn, 80, plain, nowMs)}\n${watchFooter(drawn, plain)}`;
};
const status = (book: BookBuilder) => statusText(picture(book), 80, plain, later(2));

test('a running rollout shows each wave, the budget, the domains and what is wrong', () => {
  expect(watched(running())).toBe(`\
unzip 6.0-28.1 → prod  RUNNING wave 3/3  22:02  anna@secured1 CHG48812
1      1/1   ✓ soaked
2      3/3   ✓ soaked
3    11/36   ████░░░░░░░░░░░░  5 now  20 waiting  ~6 min
budget 1 of 2 left    speed limited by: caps
lpar1 3/3   lpar2 2/3
QUARANTINED web015
            TG_OPERATION_LOST: two unzip versions in rpmdb
            → tidegate hosts examine web015
UNREACHABLE web016
            TG_HOST_UNREACHABLE: web016 (10.4.1.16:22): refused
^C leaves it running.   Pause: tidegate rollout pause r-1a2b3c4d --reason …`);
});

test('the status of a running rollout adds up and says what to type', () => {
  expect(status(running())).toBe(`\
RUNNING wave 3/3; 1 host needs you
40 = 14 applied + 5 now + 19 pending + 1 unreachable + 1 quarantined + 0 failed
budget: 1 of 2 failures
QUARANTINED web015
            TG_OPERATION_LOST: two unzip versions in rpmdb
            → tidegate hosts examine web015
UNREACHABLE web016
            TG_HOST_UNREACHABLE: web016 (10.4.1.16:22): refused
Next: tidegate rollout watch r-1a2b3c4d
      tidegate rollout pause r-1a2b3c4d --reason …
      tidegate rollout abort r-1a2b3c4d --reason …`);
});

test('owed hosts: until when they are caught up by themselves, and how they are now', () => {
  const owing = () => {
    const book = new BookBuilder().phase('wave', 3).apply(...between(0, 38));
    for (const index of [38, 39])
      book.add({
        kind: 'state',
        host: list[index]!.name,
        index,
        state: 'owed',
        code: 'TG_HOST_UNREACHABLE',
        detail: 'no route',
        failure: false,
        attempt: 1,
        until: new Date(later(60 * 24 * 14 + index)).toISOString(),
      });
    return book.add({ kind: 'ended rollout', result: 'incomplete' });
  };
  expect(status(owing())).toContain(`\
OWED        web[039-040]
            TG_HOST_UNREACHABLE: no route
            caught up by itself when back, until 2026-03-28 22:39; now:
            → tidegate rollout retry r-1a2b3c4d --reason …
`);
  const stopped = owing().add({ kind: 'owed', ended: 'superseded by r-5e6f' });
  expect(status(stopped)).toContain('            not caught up by itself: superseded by r-5e6f\n');
  const over = statusText(picture(owing(), later(60 * 24 * 15)), 80, plain, later(60 * 24 * 15));
  expect(over).toContain('            not caught up by itself: their time is over\n');
});

test('no line of any view is wider than 80 columns', () => {
  const books = [new BookBuilder(), running(), running().phase('rolling back', 3), ended()];
  for (const book of books)
    for (const text of [watched(book), status(book)])
      for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
});

test('a host in progress for longer than the plan calls slow is named', () => {
  expect(watched(running(), later(8))).toContain('SLOW        web[017-021]\n            7 min in apply\n');
  expect(watched(running())).not.toContain('SLOW');
});

test('a soaking wave says until when, one that waits for a person says so', () => {
  const book = new BookBuilder().phase('wave', 1).apply(0).phase('soaking', 1, '2026-03-14T22:11:00Z');
  expect(watched(book)).toContain('SOAKING wave 1/3 until 22:11');
  expect(watched(book)).toContain('1      1/1   ✓ soaking until 22:11');
  expect(status(book.phase('waiting for approval', 1))).toContain(
    'Next: tidegate rollout approve r-1a2b3c4d',
  );
});

test('a roll back shows how many hosts are back', () => {
  const book = running().phase('rolling back', 3).end('rolled back', between(0, 7));
  expect(watched(book)).toBe(`\
unzip 6.0-28.1 → prod  ROLLING BACK  22:02  anna@secured1 CHG48812
undo 7/19   █████░░░░░░░░░░░  5 now
budget 1 of 2 left
lpar1 3/3   lpar2 2/3
QUARANTINED web015
            TG_OPERATION_LOST: two unzip versions in rpmdb
            → tidegate hosts examine web015
UNREACHABLE web016
            TG_HOST_UNREACHABLE: web016 (10.4.1.16:22): refused
^C leaves it running.   Pause: tidegate rollout pause r-1a2b3c4d --reason …`);
});

test('a rollout that was taken back shows no wave as done', () => {
  const book = new BookBuilder().phase('wave', 1).apply(0).phase('rolling back', 1).end('rolled back', [0]);
  expect(watched(book.add({ kind: 'ended rollout', result: 'rolled back' }))).toBe(`\
unzip 6.0-28.1 → prod  ROLLED BACK  22:02  anna@secured1 CHG48812
undo 1/1   ✓
budget 2 of 2 left
Next: tidegate rollout report r-1a2b3c4d`);
});

test('who paused it, and why, stands there for as long as it is paused', () => {
  const book = new BookBuilder().phase('wave', 1).apply(0).phase('paused', 1);
  const ben = { name: 'ben@secured1', proof: 'claimed', reason: 'load on lpar1', ticket: 'INC7' } as const;
  book.add({ kind: 'asked', verb: 'pause', actor: ben });
  expect(status(book)).toMatch(/^PAUSED wave 1\/3\n.*\npaused by ben@secured1: load on lpar1, INC7\nNext:/s);
  expect(watched(book)).toContain('\npaused by ben@secured1: load on lpar1, INC7\nNext:');
  book.add({ kind: 'asked', verb: 'resume', actor: ben });
  expect(status(book)).not.toContain('paused by');
});

test('an ended rollout shows its result and what can be done with it', () => {
  expect(watched(ended())).toContain('DONE');
  expect(watched(ended())).toContain('Next: tidegate rollout report r-1a2b3c4d');
  expect(status(ended())).toContain('40 = 40 applied + 0 failed');
});

function ended(): BookBuilder {
  return new BookBuilder()
    .phase('wave', 3)
    .apply(...between(0, 40))
    .add({ kind: 'ended rollout', result: 'done' });
}

test('a rollout that waits for a person says what for and what to type, also when it is paused meanwhile', () => {
  const waiting = new BookBuilder().phase('wave', 1).apply(0).phase('wave', 2).apply(1, 2, 3);
  waiting.phase('waiting for approval', 2);
  expect(status(waiting)).toBe(`\
WAITS FOR APPROVAL wave 2/3
40 = 4 applied + 36 pending + 0 failed
budget: 0 of 2 failures
Next: tidegate rollout approve r-1a2b3c4d --wave 2 --reason …
      tidegate rollout abort r-1a2b3c4d --reason …
      tidegate rollout rollback r-1a2b3c4d --reason …`);
  expect(watched(waiting)).toMatch(/Next: tidegate rollout approve r-1a2b3c4d --wave 2/);
  const actor = { name: 'ben@secured1', proof: 'claimed' } as const;
  waiting.add({ kind: 'asked', verb: 'pause', actor });
  expect(status(waiting)).toMatch(
    /^WAITS FOR APPROVAL wave 2\/3, and is paused\n.*resume r-1a2b3c4d --reason/s,
  );
  waiting.add({ kind: 'asked', verb: 'resume', actor });
  expect(status(waiting)).toMatch(/^WAITS FOR APPROVAL wave 2\/3\n/);
});

test('with the budget spent, what to type raises it', () => {
  const spent = new BookBuilder().phase('wave', 1).begin(0).end('failed', [0], 'TG_CHECK_FAILED');
  spent.phase('wave', 2).begin(1).end('failed', [1], 'TG_CHECK_FAILED');
  spent.add({ kind: 'phase', phase: 'paused', wave: 2, detail: 'the failure budget is spent (2 of 2)' });
  expect(status(spent)).toMatch(/resume r-1a2b3c4d --stop-at 3 --reason …/);
  const actor = { name: 'ben@secured1', proof: 'claimed' } as const;
  spent.add({ kind: 'asked', verb: 'resume', actor, stopAt: 5 });
  expect(status(spent)).toMatch(/budget: 2 of 5 failures\n.*resume r-1a2b3c4d --reason …/s);
});

test('a window is shown by when it closes, and a wait for it by when it opens and what it is', () => {
  const window = { days: '*', from: '21:00', to: '04:00', zone: 'UTC', rollbackWaits: false };
  const planned = { ...plan, plan: { ...plan.plan, window } };
  const book = new BookBuilder().phase('wave', 1);
  const draw = (nowMs: number) =>
    watchText(rolloutPicture(book.record(), planned, list, nowMs), 80, plain, nowMs).replaceAll(
      /\n\s*/g,
      ' ',
    );
  expect(draw(later(2))).toContain('RUNNING wave 1/3  22:02  window ends 04:00');
  book.add({
    kind: 'phase',
    phase: 'waiting for the window',
    wave: 1,
    detail: '* 21:00-04:00 UTC, tzdata 2026a',
    untilAt: '2026-03-15T21:00:00Z',
  });
  expect(draw(later(10 * 60))).toContain(
    'WAITS FOR THE WINDOW until 03-15 21:00 (* 21:00-04:00 UTC, tzdata 2026a)',
  );
});

test('what cannot be rolled back does not offer it', () => {
  const planned = { ...plan, plan: { ...plan.plan, rollback: 'none' as const } };
  const book = new BookBuilder().phase('paused', 1);
  const drawn = rolloutPicture(book.record(), planned, list, later(2));
  expect(statusText(drawn, 80, plain, later(2))).not.toContain('rollback');
});

test('whom hosts wait for is named, with what to type', () => {
  const book = running();
  const overdue = { domain: 'lpar1', waiting: 12, holder: book.rollout, hosts: 'web003', overdue: true };
  const other = {
    domain: 'lpar2',
    waiting: 1,
    holder: 'r-9f8e7d6c5b4a',
    hosts: 'app[001-005]',
    overdue: false,
  };
  book.add({ kind: 'waits', for: [overdue, other] });
  const shown = `\
WAITING     12 hosts of lpar1 for the overdue operation on web003
            → tidegate rollout events r-1a2b3c4d --host web003
WAITING     1 host of lpar2 for r-9f8e7d6c on app[001-005]
            → tidegate rollout status r-9f8e7d6c
`;
  expect(status(book)).toContain(shown);
  expect(watched(book)).toContain(shown);
  expect(status(book.add({ kind: 'waits', for: [] }))).not.toContain('WAITING');
  const run = { ...other, holder: 'run-4f0c2a11', hosts: 'app001' };
  expect(status(book.add({ kind: 'waits', for: [run] }))).toContain('→ tidegate run show run-4f0c2a\n');
});
