import { transaction } from '../support/operation';
import type { TestPackage } from '../support/packages';
import type { Sandbox } from '../support/sandbox';
import { type BuiltPackage, TrustingSandbox } from '../support/trusting-sandbox';

let trusting: TrustingSandbox;
let sandbox: Sandbox;

beforeAll(async () => {
  trusting = await TrustingSandbox.start();
  sandbox = trusting.sandbox;
});

afterAll(() => trusting.stop());

beforeEach(() => trusting.clear());

/** A test that failed may have left it held: rpm would wait for ever, and we for rpm. */
afterEach(() => letGoOfRpmLock());

const packaged = (version: string, given: Partial<TestPackage> = {}) =>
  trusting.package({ name: 'tgtest', version, ...given });
const stage = ({ file }: BuiltPackage) => sandbox.stage(['tgtest'], 'ASK', [file]);
/** The sandbox's rpmdb knows of no shell for scriptlets: hence --nodeps. */
const install = ({ file }: BuiltPackage, limitSeconds?: number) =>
  transaction([file], ['-U', '--oldpackage', '--replacepkgs', '--nodeps'], limitSeconds);
const verify = ({ rpm: { version, headerDigest } }: BuiltPackage) =>
  `verify 'tgtest-${version}-1.noarch' '${headerDigest}'\n`;

test('a package is staged, installed, verified, and taken back', async () => {
  const [old, fresh] = [await packaged('1.0'), await packaged('1.1')];
  expect(stage(old)).toMatchObject({ absent: ['tgtest'], head: 'none', complaints: [], complete: true });
  expect(sandbox.operate('BEGIN', 'a1', install(old) + verify(old))).toMatchObject({
    outcome: 'ok',
    touched: true,
  });
  expect(stage(fresh)).toMatchObject({
    installed: [{ name: 'tgtest', version: '1.0', headerDigest: old.rpm.headerDigest }],
    head: 'a1',
  });
  const there = sandbox.operate('BEGIN', 'a2', install(fresh) + verify(fresh), { previous: 'a1' });
  expect(there).toMatchObject({ outcome: 'ok' });
  expect(sandbox.run('cat /opt/tgtest/version').out).toBe('1.1\n');
  stage(old);
  const back = sandbox.operate('BEGIN', 'a3', install(old) + verify(old), { previous: 'a2' });
  expect(back).toMatchObject({ outcome: 'ok' });
  expect(sandbox.run('cat /opt/tgtest/version').out).toBe('1.0\n');
});

test('another build under the same name, an edited file and a missing package do not verify', async () => {
  const one = await packaged('1.0');
  stage(one);
  const other = "verify 'tgtest-1.0-1.noarch' 'other'\n";
  expect(sandbox.operate('BEGIN', 'a1', install(one) + other)).toMatchObject({ outcome: 'TG_VERIFY_FAILED' });
  stage(one);
  const edit = "after 'echo edited >/opt/tgtest/version'\n";
  const edited = sandbox.operate('BEGIN', 'a2', install(one) + edit + verify(one), { previous: 'a1' });
  expect(edited).toMatchObject({ outcome: 'TG_VERIFY_FAILED', log: expect.stringContaining('rpm -U') });
  const missing = "verify 'nothing-1-1.noarch' 'x'\n";
  expect(sandbox.operate('BEGIN', 'a3', missing, { previous: 'a2' })).toMatchObject({
    outcome: 'TG_VERIFY_FAILED',
  });
});

test('a configuration file that somebody edited before is not our failure, one that we broke is', async () => {
  const configs = ['/etc/tgtest.conf'];
  const made = (version: string, post?: string) =>
    packaged(version, { files: { '/etc/tgtest.conf': version }, configs, post });
  const [old, fresh, breaking] = [
    await made('6.0'),
    await made('6.1'),
    await made('6.2', 'echo >/etc/tgtest.conf'),
  ];
  const apply = (id: string, given: BuiltPackage, previous: string) => {
    stage(given);
    return sandbox.operate('BEGIN', id, install(given) + verify(given), { previous });
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
  const failing = await packaged('2.0', { post: 'exit 1' });
  stage(failing);
  expect(sandbox.operate('BEGIN', 'a1', install(failing))).toMatchObject({
    outcome: 'TG_SCRIPTLET_FAILED',
    failed: { detail: expect.stringContaining('post') },
  });
  expect(sandbox.operate('BEGIN', 'a2', "check '5' 'command' 'false'\n", { previous: 'a1' })).toMatchObject({
    outcome: 'TG_CHECK_FAILED',
    failed: { detail: 'command false (exit 1)' },
    touched: false,
  });
  const hangs = "check '1' 'command' 'sleep 20'\n";
  expect(sandbox.operate('BEGIN', 'a3', hangs, { previous: 'a2' })).toMatchObject({
    outcome: 'TG_CHECK_FAILED',
  });
});

test("rpm's lock held by another is waited for, up to the limit", async () => {
  const one = await packaged('1.0');
  stage(one);
  holdRpmLock();
  expect(sandbox.operate('BEGIN', 'a1', install(one, 0))).toMatchObject({ outcome: 'TG_RPM_LOCKED' });
  stage(one);
  const answer = sandbox.operate('BEGIN', 'a2', install(one, 60), { previous: 'a1', wait: 1 });
  expect(answer).toMatchObject({ state: 'running' });
  letGoOfRpmLock();
  expect(sandbox.operate('ATTACH', 'a2', install(one, 60))).toMatchObject({ outcome: 'ok' });
});

test('a package whose scriptlet calls rpm is installed once, whatever rpm says of its lock', async () => {
  const calling = await packaged('1.0', { post: 'rpm --import /var/tmp/key || true' });
  stage(calling);
  expect(sandbox.operate('BEGIN', 'a1', install(calling))).toMatchObject({ outcome: 'ok' });
});

test('an operation whose runner died is lost only when its rpm has ended', async () => {
  const slow = await packaged('4.0', { post: 'echo >/var/tmp/in-rpm; sleep 3' });
  stage(slow);
  sandbox.operate('BEGIN', 'a1', install(slow), { wait: 0 });
  sandbox.run(
    'until [ -e /var/tmp/in-rpm ]; do sleep 0.02; done; rm /var/tmp/in-rpm; pkill -KILL -f operations/a1/runner',
  );
  expect(sandbox.operate('ATTACH', 'a1', install(slow), { wait: 0 })).toMatchObject({ state: 'running' });
  expect(sandbox.operate('ATTACH', 'a1', install(slow))).toMatchObject({ state: 'lost' });
  expect(sandbox.run('rpm -q tgtest').out).toBe('tgtest-4.0-1.noarch\n');
});

test('what a scriptlet leaves running does not hold the operation', async () => {
  const leaving = await packaged('5.0', { post: 'setsid sleep 300 </dev/null >/dev/null 2>&1 &' });
  stage(leaving);
  expect(sandbox.operate('BEGIN', 'a1', install(leaving))).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(sandbox.run('pkill -KILL -x sleep').code).toBe(0);
});

test('what an operation staged and needed is gone when it has ended', async () => {
  const one = await packaged('1.0');
  stage(one);
  sandbox.run('touch /var/lib/tidegate/stage/of-another-rollout.rpm');
  sandbox.operate('BEGIN', 'a1', install(one));
  const left = sandbox.run('cd /var/lib/tidegate; ls stage; ls operations/a1').out;
  expect(left).toBe('of-another-rollout.rpm\ndigest\nlog\nprevious\nrequest\nresult\nrunning\n');
});

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

function letGoOfRpmLock(): void {
  sandbox.run('pkill -KILL -f ^holds-rpm-lock');
}
