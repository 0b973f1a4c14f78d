import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseOperationAnswer, parseStageAnswer } from '../../model/host-answer';
import { script } from '../../ops/script';
import { quote } from '../../ssh/quote';
import { operationText, operationWords, sha256, stageText, stageWords } from '../support/operation';
import { makeRpm, type TestPackage } from '../support/packages';
import type { Sandbox } from '../support/sandbox';
import { TrustingSandbox } from '../support/trusting-sandbox';

let trusting: TrustingSandbox;
let sandbox: Sandbox;
/** A signed package of this version. */
const packaged = (version: string, given: Partial<TestPackage> = {}) =>
  trusting.package({ name: 'tgtest', version, ...given });

beforeAll(async () => {
  trusting = await TrustingSandbox.start();
  sandbox = trusting.sandbox;
});

afterAll(() => trusting.stop());

beforeEach(() => {
  sandbox.run('rm -rf /var/lib/tidegate /var/tmp/published; rpm -e tgtest 2>/dev/null');
});

const stage = (files: Buffer[]) => sandbox.stage(['tgtest'], 'ASK', files);

/** Comes before the script: something in between, when its directory has its name and nothing has been started yet. */
const slowToPublish = (then: string) =>
  `sync() { command sync "$@"; case "$*" in */operations) : >/var/tmp/published; ${then} ;; esac; }\n`;
const diesOncePublished = { first: slowToPublish('kill -KILL $$') };
/** rpm's lock is fcntl(2)'s, which flock(1) does not take. */
function holdRpmLock(): void {
  sandbox.run(`mkfifo /var/tmp/held
    setsid perl -MFcntl -e '
      $0 = "holds-rpm-lock";
      open(my $lock, "+>>", $ARGV[0]) or die $!;
      my $all = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0);
      fcntl($lock, F_SETLKW, $all) or die $!;
      print "held\\n"; close(STDOUT); sleep;
    ' "$(rpm --eval '%{_rpmlock_path}')" </dev/null >/var/tmp/held 2>/dev/null &
    read -r answer </var/tmp/held; rm /var/tmp/held`);
}

const headerOf = (path: string) => execFileSync('rpm', ['-qp', '--qf', '%{SHA256HEADER}', path]).toString();
const counting = "before 'echo ran >>/var/tmp/ran'\n";
const runs = () => sandbox.run('cat /var/tmp/ran 2>/dev/null | wc -l; rm -f /var/tmp/ran').out.trim();

test('a look whose reader is gone leaves nothing in /tmp', () => {
  // A pipe that has a writer and no reader is what a dropped connection leaves: the first line printed is SIGPIPE.
  const readerGone =
    'mkfifo /var/tmp/gone; exec 3<>/var/tmp/gone 4>/var/tmp/gone 3>&-; exec >&4; rm /var/tmp/gone\n';
  sandbox.run(readerGone + stageText(), 'rpm', stageWords(['tgtest'], 'TRY', [Buffer.from('rpm')]));
  expect(sandbox.run('ls -d /tmp/tidegate-check.*').out).toBe('');
});

test('an operation that is begun twice happens once', () => {
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(runs()).toBe('1');
});

test('attaching never begins, and what it did not find can never begin later', () => {
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'unknown', head: 'none' });
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'unknown' });
  expect(runs()).toBe('0');
});

test('attaching waits for a begin that is on its way in, and finds it', () => {
  const words = operationWords('BEGIN', 'a1', counting);
  sandbox.run(
    `cat >/var/tmp/operation
    (until [ -e /var/tmp/go ]; do sleep 0.05; done; printf '%s' ${quote(counting)}) 2>/dev/null |
      sh /var/tmp/operation "$@" >/dev/null 2>&1 &
    until [ -d /var/lib/tidegate/operations/.new ]; do sleep 0.05; done
    (until pgrep -x flock; do sleep 0.05; done; touch /var/tmp/go) >/dev/null 2>&1 &`,
    operationText(),
    words,
  );
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(runs()).toBe('1');
});

test('the same ID with another request, an older epoch or a moved chain is refused', () => {
  sandbox.operate('BEGIN', 'a1', counting, { epoch: 5 });
  expect(sandbox.operate('BEGIN', 'a1', `${counting}${counting}`)).toMatchObject({
    state: 'refused',
    refused: { code: 'TG_HOST_MOVED' },
  });
  expect(sandbox.operate('BEGIN', 'a2', counting, { epoch: 4, previous: 'a1' })).toMatchObject({
    refused: { code: 'TG_EPOCH_STALE' },
  });
  expect(sandbox.operate('BEGIN', 'a2', counting, { epoch: 5, previous: 'other' })).toMatchObject({
    refused: { code: 'TG_HOST_MOVED' },
  });
  expect(sandbox.operate('BEGIN', 'a2', counting, { epoch: 5, previous: 'a1' })).toMatchObject({
    state: 'done',
    outcome: 'ok',
  });
  expect(runs()).toBe('2');
});

test('an operation outlives the one who began it, and a second one waits its turn', () => {
  const slow = "before 'sleep 2'\n";
  expect(sandbox.operate('BEGIN', 'a1', slow, { wait: 1 })).toMatchObject({ state: 'running' });
  expect(sandbox.operate('BEGIN', 'a2', counting, { previous: 'a1' })).toMatchObject({
    refused: { code: 'TG_HOST_BUSY' },
  });
  expect(sandbox.operate('ATTACH', 'a1', slow)).toMatchObject({ state: 'done', outcome: 'ok' });
});

test('an operation whose processes died is lost, not done and not running', () => {
  const slow = "before 'sleep 30'\n";
  sandbox.operate('BEGIN', 'a1', slow, { wait: 1 });
  sandbox.run('pkill -KILL -f "operations/a1"; pkill -KILL -x sleep -n; true');
  expect(sandbox.operate('ATTACH', 'a1', slow, { wait: 5 })).toMatchObject({ state: 'lost' });
});

test('who attaches while a begin is still being published waits for it, and does not call it lost', () => {
  const words = [slowToPublish('sleep 2') + operationText(), operationText(), counting];
  const { out } = sandbox.run(
    `begin=$1 attach=$2 request=$3; shift 3
     printf %s "$request" | sh -c "$begin" begin "$@" BEGIN >/dev/null 2>&1 &
     until [ -e /var/tmp/published ]; do sleep 0.02; done
     sh -c "$attach" attach "$@" ATTACH`,
    '',
    [...words, 'a1', sha256(counting), 'none', '1', '20'],
  );
  expect(parseOperationAnswer(out)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(runs()).toBe('1');
});

test('a begin that dies once it is published is lost, and nothing of it runs later', () => {
  sandbox.operate('BEGIN', 'a1', counting, diesOncePublished);
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'lost' });
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'lost' });
  expect(runs()).toBe('0');
});

test('an operation whose lock a crash of the host took away is lost', () => {
  sandbox.operate('BEGIN', 'a1', counting, diesOncePublished);
  sandbox.run('rm /var/lib/tidegate/operations/a1/running');
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'lost' });
});

test('an operation whose runner died is lost only when its rpm has ended', async () => {
  const file = readFileSync(await packaged('4.0', { post: 'echo >/var/tmp/in-rpm; sleep 3' }));
  stage([file]);
  const request = `transaction '5' '-U' '--nodeps' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\n`;
  sandbox.operate('BEGIN', 'a1', request, { wait: 0 });
  sandbox.run(
    'until [ -e /var/tmp/in-rpm ]; do sleep 0.02; done; rm /var/tmp/in-rpm; pkill -KILL -f operations/a1/runner',
  );
  expect(sandbox.operate('ATTACH', 'a1', request, { wait: 0 })).toMatchObject({ state: 'running' });
  expect(sandbox.operate('ATTACH', 'a1', request)).toMatchObject({ state: 'lost' });
  expect(sandbox.run('rpm -q tgtest').out).toBe('tgtest-4.0-1.noarch\n');
});

test('what a scriptlet leaves running does not hold the operation', async () => {
  const file = readFileSync(await packaged('5.0', { post: 'setsid sleep 300 </dev/null >/dev/null 2>&1 &' }));
  stage([file]);
  const request = `transaction '5' '-U' '--nodeps' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\n`;
  expect(sandbox.operate('BEGIN', 'a1', request)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(sandbox.run('pkill -KILL -x sleep').code).toBe(0);
});

test('a state directory that somebody else planted is not used', () => {
  sandbox.run('mkdir -p /var/tmp/trap/operations /var/tmp/trap/stage; ln -s /var/tmp/trap /var/lib/tidegate');
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({
    refused: { code: 'TG_HOST_STATE_PLANTED' },
  });
  sandbox.run(
    'rm /var/lib/tidegate; mkdir -p /var/lib/tidegate/operations /var/lib/tidegate/stage; chown -R nobody /var/lib/tidegate',
  );
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({
    refused: { code: 'TG_HOST_STATE_PLANTED' },
  });
});

test.each(['true', 'mkdir -m 700 operations'])(
  'a state directory whose making was cut short is taken up: %s',
  (reached) => {
    sandbox.run(
      `rm -rf /var/lib/tidegate; mkdir -m 700 /var/lib/tidegate; cd /var/lib/tidegate && ${reached}`,
    );
    expect(sandbox.run(script('home.sh') + script('examine.sh'), '', ['tgtest', 'none']).out).toMatch(
      /^head none\n/,
    );
    expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'done' });
  },
);

test.each([
  'chown nobody .',
  'chmod 755 .',
  'echo a0 >head',
  'mkdir -p -m 700 operations/a0',
  'mkdir -m 755 operations',
  'mkdir -m 700 stage',
])('one that is not ours, or has lost what was in it, is not: %s', (otherwise) => {
  sandbox.run(
    `rm -rf /var/lib/tidegate; mkdir -m 700 /var/lib/tidegate; cd /var/lib/tidegate && ${otherwise}`,
  );
  const planted = { refused: { code: 'TG_HOST_STATE_PLANTED' } };
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject(planted);
});

test('a package is staged, installed, verified, and taken back', async () => {
  const paths = [await packaged('1.0'), await packaged('1.1')];
  const [old, fresh] = paths.map((path) => readFileSync(path));
  const headers = paths.map(headerOf);
  expect(stage([old!])).toMatchObject({ absent: ['tgtest'], head: 'none', complaints: [], complete: true });
  const install = (file: Buffer, version: string, header: string) =>
    `transaction '5' '-U' '--oldpackage' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\nverify 'tgtest-${version}-1.noarch' '${header}'\n`;
  expect(sandbox.operate('BEGIN', 'a1', install(old!, '1.0', headers[0]!))).toMatchObject({
    outcome: 'ok',
    touched: true,
  });
  expect(stage([fresh!])).toMatchObject({
    installed: [{ name: 'tgtest', version: '1.0', headerDigest: headers[0] }],
    head: 'a1',
  });
  expect(
    sandbox.operate('BEGIN', 'a2', install(fresh!, '1.1', headers[1]!), { previous: 'a1' }),
  ).toMatchObject({
    outcome: 'ok',
  });
  expect(sandbox.run('cat /opt/tgtest/version').out).toBe('1.1\n');
  stage([old!]);
  expect(sandbox.operate('BEGIN', 'a3', install(old!, '1.0', headers[0]!), { previous: 'a2' })).toMatchObject(
    {
      outcome: 'ok',
    },
  );
  expect(sandbox.run('cat /opt/tgtest/version').out).toBe('1.0\n');
});

test('another build under the same name, an edited file and a missing package do not verify', async () => {
  const path = await packaged('1.0');
  const file = readFileSync(path);
  stage([file]);
  const transaction = `transaction '5' '-U' '--replacepkgs' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\n`;
  expect(
    sandbox.operate('BEGIN', 'a1', `${transaction}verify 'tgtest-1.0-1.noarch' 'other'\n`),
  ).toMatchObject({
    outcome: 'TG_VERIFY_FAILED',
  });
  stage([file]);
  const edit = "after 'echo edited >/opt/tgtest/version'\n";
  expect(
    sandbox.operate(
      'BEGIN',
      'a2',
      `${transaction}${edit}verify 'tgtest-1.0-1.noarch' '${headerOf(path)}'\n`,
      {
        previous: 'a1',
      },
    ),
  ).toMatchObject({
    outcome: 'TG_VERIFY_FAILED',
    log: expect.stringContaining('rpm -U'),
  });
  expect(
    sandbox.operate('BEGIN', 'a3', "verify 'nothing-1-1.noarch' 'x'\n", { previous: 'a2' }),
  ).toMatchObject({
    outcome: 'TG_VERIFY_FAILED',
  });
});

test('a configuration file that somebody edited before is not our failure, one that we broke is', async () => {
  const configs = ['/etc/tgtest.conf'];
  const made = async (version: string, post?: string) => {
    const path = await packaged(version, { files: { '/etc/tgtest.conf': version }, configs, post });
    return { file: readFileSync(path), header: headerOf(path), version };
  };
  const [old, fresh, breaking] = [
    await made('6.0'),
    await made('6.1'),
    await made('6.2', 'echo >/etc/tgtest.conf'),
  ];
  const request = ({ file, header, version }: typeof old) =>
    `transaction '5' '-U' '--nodeps' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\nverify 'tgtest-${version}-1.noarch' '${header}'\n`;
  const apply = (id: string, given: typeof old, previous: string) => {
    stage([given.file]);
    return sandbox.operate('BEGIN', id, request(given), { previous });
  };
  expect(apply('a1', old, 'none')).toMatchObject({ outcome: 'ok' });
  sandbox.run('echo ours >/etc/tgtest.conf');
  expect(apply('a2', fresh, 'a1')).toMatchObject({
    outcome: 'ok',
    configs: ['/etc/tgtest.conf created as /etc/tgtest.conf.rpmnew'],
  });
  expect(sandbox.run('cat /etc/tgtest.conf').out).toBe('ours\n');
  expect(apply('a3', breaking, 'a2')).toMatchObject({
    outcome: 'TG_VERIFY_FAILED',
    failed: { detail: expect.stringContaining('/etc/tgtest.conf') },
  });
});

test('a failing scriptlet and a failing check fail the operation, and say why', async () => {
  const path = await packaged('2.0', { post: 'exit 1' });
  const file = readFileSync(path);
  stage([file]);
  const transaction = `transaction '5' '-U' '--nodeps' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\n`;
  expect(sandbox.operate('BEGIN', 'a1', transaction)).toMatchObject({
    outcome: 'TG_SCRIPTLET_FAILED',
    failed: { detail: expect.stringContaining('post') },
  });
  expect(sandbox.operate('BEGIN', 'a2', "check '5' 'command' 'false'\n", { previous: 'a1' })).toMatchObject({
    outcome: 'TG_CHECK_FAILED',
    failed: { detail: 'command false (exit 1)' },
    touched: false,
  });
  expect(
    sandbox.operate('BEGIN', 'a3', "check '1' 'command' 'sleep 20'\n", { previous: 'a2' }),
  ).toMatchObject({
    outcome: 'TG_CHECK_FAILED',
  });
});

test("rpm's lock held by another is waited for, up to the limit", async () => {
  const file = readFileSync(await packaged('1.0'));
  stage([file]);
  holdRpmLock();
  const request = (seconds: number) =>
    `transaction '${seconds}' '-U' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\n`;
  expect(sandbox.operate('BEGIN', 'a1', request(0))).toMatchObject({ outcome: 'TG_RPM_LOCKED' });
  stage([file]);
  const answer = sandbox.operate('BEGIN', 'a2', request(60), { previous: 'a1', wait: 1 });
  expect(answer).toMatchObject({ state: 'running' });
  sandbox.run('pkill -KILL -f ^holds-rpm-lock');
  expect(sandbox.operate('ATTACH', 'a2', request(60))).toMatchObject({ outcome: 'ok' });
});

test('a package whose scriptlet calls rpm is installed once, whatever rpm says of its lock', async () => {
  const file = readFileSync(await packaged('1.0', { post: 'rpm --import /var/tmp/key || true' }));
  stage([file]);
  const request = `transaction '5' '-U' '--nodeps' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\n`;
  expect(sandbox.operate('BEGIN', 'a1', request)).toMatchObject({ outcome: 'ok' });
});

test('what an operation staged and needed is gone when it has ended', async () => {
  const file = readFileSync(await packaged('1.0'));
  stage([file]);
  sandbox.run('touch /var/lib/tidegate/stage/of-another-rollout.rpm');
  sandbox.operate('BEGIN', 'a1', `transaction '5' '-U' '/var/lib/tidegate/stage/${sha256(file)}.rpm'\n`);
  const left = sandbox.run('cd /var/lib/tidegate; ls stage; ls operations/a1').out;
  expect(left).toBe('of-another-rollout.rpm\ndigest\nlog\nprevious\nrequest\nresult\nrunning\n');
});

test('an unsigned package is complained of before anything is begun', async () => {
  const complaints = stage([
    readFileSync(await makeRpm(trusting.folder, { name: 'tgtest', version: '3.0' })),
  ]).complaints;
  expect(complaints).toEqual([expect.stringContaining('no signature')]);
});

test('what arrives damaged is not staged', async () => {
  const file = readFileSync(await packaged('1.0'));
  const words = ['tgtest', 'KEEP', `${sha256('other')}:${file.length}`];
  const answer = parseStageAnswer(sandbox.run(stageText(), file, words).out);
  expect(answer).toMatchObject({ refused: { code: 'TG_STAGE_DAMAGED' } });
});

test('a check before a rollout leaves nothing behind', async () => {
  const file = readFileSync(await packaged('1.0'));
  expect(sandbox.stage(['tgtest'], 'TRY', [file])).toMatchObject({ complete: true, complaints: [] });
  expect(sandbox.run('ls -d /var/lib/tidegate /tmp/tidegate-check.* 2>/dev/null').out).toBe('');
});
