import { plain } from '../../../../clients/view/colours';
import { eventLine } from '../../../../clients/view/rollout/events';
import { rolloutPicture } from '../../../../clients/view/rollout/picture';
import { rolloutReport } from '../../../../clients/view/rollout/report';
import { reportCsv } from '../../../../clients/view/rollout/report-csv';
import { reportHtml } from '../../../../clients/view/rollout/report-html';
import { reportText } from '../../../../clients/view/rollout/report-text';
import { type BookBuilder, list, plan, running, startMs } from '../../support/rollout';

process.env.TZ = 'UTC';

const report = (book: BookBuilder) =>
  rolloutReport({
    picture: rolloutPicture(book.record(), plan, list, startMs + 3_600_000),
    plan,
    planDigest: 'c'.repeat(64),
    list,
    record: book.record(),
    entries: book.entries,
  });

const aborted = () =>
  running()
    .add({
      kind: 'asked',
      verb: 'abort',
      actor: { name: 'ben@secured1', proof: 'claimed', reason: 'load', ticket: undefined },
    })
    .end('applied', [16, 17, 18, 19])
    .end('failed', [20], 'TG_CHECK_FAILED', '=cmd("x"), said <b>')
    .add({ kind: 'ended rollout', result: 'aborted' });

test('the report starts with a sentence, adds up, and says what is still to do and who did what', () => {
  const text = reportText(report(aborted()), 80, plain);
  expect(text).toMatch(/^unzip 6\.0-28\.1 ended aborted after \S+ \S+: on 18 of 40 hosts, 1 failed/);
  expect(text).toContain('selected 45 = 18 applied + 19 pending + 1 unreachable + 1 quarantined + 1 failed');
  expect(text).toContain('QUARANTINED web015');
  expect(text).toContain('2026-03-14 22:00:00  start  anna@secured1 (claimed)  CVE-2022-0529, CHG48812');
  expect(text).toMatch(/abort {2}ben@secured1 \(claimed\) {3}load/);
  for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
});

test('the peak of a domain is the most operations that the ledger saw at once', () => {
  expect(report(aborted()).peaks).toEqual([
    { domain: 'lpar1', peak: 5, cap: 3 },
    { domain: 'lpar2', peak: 5, cap: 3 },
  ]);
});

test('the CSV has a line a host, and nothing of a host becomes a formula', () => {
  const lines = reportCsv(report(aborted())).split('\r\n');
  expect(lines).toHaveLength(41);
  expect(lines[21]).toBe(
    `web021,lpar1,debian12-x86_64,6.0-28,6.0-28.1,failed,TG_CHECK_FAILED,"'=cmd(""x""), said <b>",1,`,
  );
});

test('the HTML page shows what hosts said as text', () => {
  const html = reportHtml(report(aborted()));
  expect(html).toContain('said &#60;b&#62;');
  expect(html).not.toContain('<b>');
});

test('an event is one line, whatever a host said', () => {
  const [entry] = running().add({ kind: 'note', detail: 'one\ntwo\u001b[31m' }).entries.slice(-1);
  expect(eventLine(entry!)).toMatch(/^2026-03-14 22:\d\d:\d\d {2}note {5}one two \[31m$/);
});
