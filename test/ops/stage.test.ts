import { parseStageAnswer } from '../../model/host-answer';
import { sha256, stageText, stageWords } from '../support/operation';
import type { Sandbox } from '../support/sandbox';
import { TrustingSandbox } from '../support/trusting-sandbox';

let trusting: TrustingSandbox;
let sandbox: Sandbox;

beforeAll(async () => {
  trusting = await TrustingSandbox.start();
  sandbox = trusting.sandbox;
});

afterAll(() => trusting.stop());

beforeEach(() => trusting.clear());

const names = ['tgtest'];
const staged = () => sandbox.run('ls /var/lib/tidegate/stage').out;

test('rpm is asked in a look only by who wants to know', async () => {
  const needy = { name: 'tgtest', version: '1.0', preamble: ['Requires: nowhere'] };
  const { file } = await trusting.package(needy);
  expect(sandbox.stage(names, 'ASK', [file]).complaints).toEqual([
    expect.stringContaining('nowhere is needed by tgtest'),
  ]);
  expect(sandbox.stage(names, 'KEEP', [file])).toMatchObject({ complete: true, complaints: [] });
});

test('an unsigned package is complained of before anything is begun', async () => {
  const { file } = await trusting.unsigned({ name: 'tgtest', version: '3.0' });
  const { complaints } = sandbox.stage(names, 'ASK', [file]);
  expect(complaints).toEqual([expect.stringContaining('no signature')]);
});

test('what arrives damaged, or not whole, leaves nothing', () => {
  for (const arrived of ['whale', 'who']) {
    const words = stageWords(names, 'KEEP', [Buffer.from('whole')]);
    const answer = parseStageAnswer(sandbox.run(stageText(), arrived, words).out);
    expect(answer).toMatchObject({ refused: { code: 'TG_STAGE_DAMAGED' } });
    expect(staged()).toBe('');
  }
});

test('a package that is brought anew is as new as any', () => {
  const same = Buffer.from('same');
  sandbox.stage(names, 'KEEP', [same]);
  sandbox.run('touch -d "3 days ago" /var/lib/tidegate/stage/*');
  sandbox.stage(names, 'KEEP', [same]);
  // A begin prunes what is older than a day.
  sandbox.operate('BEGIN', 'a1', "before 'true'\n");
  expect(staged()).toBe(`${sha256(same)}.rpm\n`);
});

test('a look without packages makes no folder', () => {
  const watch = ['mkdir', 'mktemp'].map((name) => `${name}() { echo ${name} >>/var/tmp/made; }\n`).join('');
  const { out } = sandbox.run(watch + stageText(), '', stageWords(names, 'TRY', []));
  expect(out).toMatch(/\ndone\n$/);
  expect(sandbox.run('cat /var/tmp/made').out).toBe('');
});

test('a check before a rollout leaves nothing behind', async () => {
  const { file } = await trusting.package({ name: 'tgtest', version: '1.0' });
  expect(sandbox.stage(names, 'TRY', [file])).toMatchObject({ complete: true, complaints: [] });
  expect(sandbox.run('ls -d /var/lib/tidegate /tmp/tidegate-check.* 2>/dev/null').out).toBe('');
});

test('a look whose reader is gone leaves nothing in /tmp', () => {
  // A pipe that has a writer and no reader is what a dropped connection leaves: the first line printed is SIGPIPE.
  const readerGone =
    'mkfifo /var/tmp/gone; exec 3<>/var/tmp/gone 4>/var/tmp/gone 3>&-; exec >&4; rm /var/tmp/gone\n';
  sandbox.run(readerGone + stageText(), 'rpm', stageWords(names, 'TRY', [Buffer.from('rpm')]));
  expect(sandbox.run('ls -d /tmp/tidegate-check.*').out).toBe('');
});
