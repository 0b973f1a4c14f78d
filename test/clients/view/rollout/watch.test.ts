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
            → tidegate rollout events r-1a2b3c4d --host web015
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
            → tidegate rollout events r-1a2b3c4d --host web015
UNREACHABLE web016
            TG_HOST_UNREACHABLE: web016 (10.4.1.16:22): refused
Next: tidegate rollout watch r-1a2b3c4d
      tidegate rollout pause r-1a2b3c4d --reason …
      tidegate rollout abort r-1a2b3c4d --reason …`);
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
  expect(watched(book)).toContain('undo 7/19   █████░░░░░░░░░░░  5 now');
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
