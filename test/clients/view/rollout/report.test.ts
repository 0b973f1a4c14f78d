import { plain } from '../../../../clients/view/colours';
import { eventLine } from '../../../../clients/view/rollout/events';
import { rolloutPicture } from '../../../../clients/view/rollout/picture';
import { rolloutReport } from '../../../../clients/view/rollout/report';
import { reportCsv } from '../../../../clients/view/rollout/report-csv';
import { reportHtml } from '../../../../clients/view/rollout/report-html';
import { reportText } from '../../../../clients/view/rollout/report-text';
import type { Provenance } from '../../../../model/provenance';
import { type BookBuilder, list, plan, running, startMs } from '../../support/rollout';

process.env.TZ = 'UTC';

const sha = (letter: string) => letter.repeat(64);
const built: Provenance = {
  recipe: sha('1'),
  fixes: ['CVE-2022-0529', 'CVE-2022-0530'],
  sources: { 'unzip_6.0.orig.tar.gz': { sha256: sha('2'), sizeBytes: 1 } },
  patches: [{ name: 'CVE-2022-0529.patch', sha256: sha('3') }],
  spec: sha('4'),
  bundle: sha('5'),
  macros: '',
  sourceDateEpoch: 0,
  builds: [
    {
      platform: 'debian12-x86_64',
      control: 'ctl1',
      arch: 'x86_64',
      packages: sha('6'),
      log: sha('7'),
      rpms: [],
    },
  ],
  actor: { name: 'anna@secured1', proof: 'claimed' },
  at: '2026-03-14T20:00:00Z',
};

const report = (book: BookBuilder) =>
  rolloutReport({
    provenance: built,
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
    [
      `web021,lpar1,debian12-x86_64,,6.0-28,6.0-28.1,failed,TG_CHECK_FAILED,"'=cmd(""x""), said <b>",1,`,
      `${sha('a')},${plan.artifact.signedBy},${sha('1')},unzip_6.0.orig.tar.gz=${sha('2')}`,
      `CVE-2022-0529.patch=${sha('3')},CVE-2022-0529 CVE-2022-0530,debian12-x86_64=${sha('7')}`,
    ].join(','),
  );
});

test('each owner has a list of its hosts by what became of them, and a host that was not asked has no version', () => {
  const owned = list.map((host, index) => {
    if (index === 39) return { ...host, from: '', asked: false as const };
    return index > 17 && index < 22 ? { ...host, owner: index < 20 ? 'team-b' : 'team-a' } : host;
  });
  const book = aborted();
  const made = rolloutReport({
    picture: rolloutPicture(book.record(), plan, owned, startMs),
    plan,
    planDigest: sha('c'),
    list: owned,
    record: book.record(),
    entries: book.entries,
    provenance: undefined,
  });
  const text = reportText(made, 80, plain);
  expect(text).toContain(
    'Whose hosts\nteam-a\n  1 failed: web021\n  1 pending: web022\nteam-b\n  2 applied: web[019-020]\n',
  );
  expect(text).toContain('versions: 6.0-28, not known → 6.0-28.1');
  expect(reportHtml(made)).toContain('<td>team-b</td><td>2</td><td>applied</td><td>web[019-020]</td>');
  expect(reportCsv(made).split('\r\n')[21]).toMatch(/^web021,lpar1,debian12-x86_64,team-a,/);
  expect(made.hosts[39]).toMatchObject({ from: 'not known' });
});

test('a host that was taken back because it failed is told as rolled back, as the sums count it', () => {
  const book = running().end('rolled back', [20], 'TG_CHECK_FAILED', 'exit 1');
  const made = report(book.add({ kind: 'ended rollout', result: 'incomplete' }));
  const { troubles } = made.picture;
  const of = (kind: string) =>
    troubles.filter((trouble) => trouble.kind === kind).flatMap(({ hosts }) => hosts);
  expect(of('failed')).not.toContain('web021');
  expect(of('rolled back')).toEqual(['web021']);
});

test('the HTML page shows what hosts said as text', () => {
  const html = reportHtml(report(aborted()));
  expect(html).toContain('said &#60;b&#62;');
  expect(html).not.toContain('<b>');
});

test('every form names what went to the hosts, from source to signature, by digest', () => {
  const made = report(aborted());
  const forms = [reportText(made, 80, plain), reportHtml(made), reportCsv(made), JSON.stringify(made)];
  const digests = ['1', '2', '7', 'a'].map(sha);
  const facts = [
    ...digests,
    sha('3').slice(0, 12),
    plan.artifact.signedBy,
    'CVE-2022-0530',
    'unzip_6.0.orig.tar.gz',
  ];
  for (const form of forms) for (const fact of facts) expect(form).toContain(fact);
});

test('a rollout of imported packages says so, and claims no source', () => {
  const imported = rolloutReport({
    picture: rolloutPicture(aborted().record(), plan, list, startMs),
    plan: { ...plan, artifact: { ...plan.artifact, origin: 'imported' } },
    planDigest: sha('c'),
    list,
    record: aborted().record(),
    entries: [],
    provenance: undefined,
  });
  expect(reportText(imported, 80, plain)).toContain(`signed by ${plan.artifact.signedBy}, imported\nplan `);
  expect(reportHtml(imported)).not.toContain('recipe');
  expect(reportCsv(imported).split('\r\n')[1]).toMatch(new RegExp(`${plan.artifact.signedBy},,,,,$`));
});

test('an event is one line, whatever a host said', () => {
  const [entry] = running().add({ kind: 'note', detail: 'one\ntwo\u001b[31m' }).entries.slice(-1);
  expect(eventLine(entry!)).toMatch(/^2026-03-14 22:\d\d:\d\d {2}note {5}one two \[31m$/);
});
