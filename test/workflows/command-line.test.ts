import { readFileSync, rmSync } from 'node:fs';
import type { Rpm } from '../../model/artifact';
import { Files } from '../../store/files';
import { TestFleet } from '../support/fleet';
import { rpmCalls, type SandboxHost } from '../support/host';
import { until } from '../support/rollouts';

let fleet: TestFleet;
let first: Rpm;
let second: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 4, domains: 2 });
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  await fleet.work();
});

afterAll(() => fleet.stop());

describe('hosts check', () => {
  test('finds nothing wrong with hosts that are in order', async () => {
    expect(await tidegate('hosts', 'check')).toEqual({
      code: 0,
      out: 'all 4 hosts are in order\nNothing changed.\n',
      err: '',
    });
  });

  test('names what is wrong, folded by what it is, with exit code 3', async () => {
    const [refusing, rebooting, locked, unreachable] = fleet.hosts;
    const slow = await fleet.package('0.1', { pre: 'sleep 30' });
    const rpm = readFileSync(new Files(fleet.home.files).path(slow.sha256));
    const installing = locked!.sandbox.run(
      `cat >/var/tmp/slow.rpm; rpm.real -U --nodeps /var/tmp/slow.rpm >/var/tmp/slow.log 2>&1 &
      for _ in $(seq 50); do grep -q ' WRITE ' /proc/locks && exit; sleep 0.1; done; cat /var/tmp/slow.log`,
      rpm,
    );
    expect(installing.out).toBe('');
    refusing!.sandbox.run('echo "tidegate ALL=(root) ALL" >/etc/sudoers.d/tidegate');
    rebooting!.sandbox.run('touch /run/reboot-required');
    unreachable!.stopSshd();
    const { code, out } = await tidegate('hosts', 'check');
    refusing!.sandbox.run('echo "tidegate ALL=(root) NOPASSWD: ALL" >/etc/sudoers.d/tidegate');
    rebooting!.sandbox.run('rm /run/reboot-required');
    unreachable!.changeKey();
    await fleet.acceptKey(unreachable!);
    locked!.sandbox.run('pkill -x sleep; while pgrep -x -r R,S,D rpm.real; do :; done');
    expect(code).toBe(3);
    expect(out).toMatch(/^2 of 4 hosts have problems\n/);
    expect(out).toMatch(/TG_SUDO_REFUSED {2}1\n {2}web000\n {2}sudo: a password is required\n/);
    expect(out).toMatch(/TG_HOST_UNREACHABLE {2}1\n {2}web003\n/);
    expect(out).toMatch(/reboot pending {2}1\n {2}web001\n/);
    expect(out).toMatch(/rpm lock held {2}1\n {2}web002\n {2}by process \d+\n/);
  });

  test('refuses a selector that matches nothing, by name', async () => {
    expect(await tidegate('hosts', 'check', 'app=wbe')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^TG_SELECTOR_EMPTY /),
    });
  });
});

test('a new host key is pinned by the fingerprint that a person read, and by no other', async () => {
  const host = fleet.hosts[3]!;
  host.changeKey();
  const wrong = `SHA256:${'A'.repeat(43)}`;
  expect((await tidegate('hosts', 'check', 'web003')).out).toContain('TG_HOST_KEY_CHANGED  1\n  web003\n');
  expect(await fleet.acceptKey(host, wrong)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^TG_HOST_KEY_OTHER /),
  });
  expect(await fleet.acceptKey(host)).toMatchObject({
    code: 0,
    out: expect.stringContaining('is pinned in'),
  });
  expect((await tidegate('hosts', 'check', 'web003')).code).toBe(0);
});

describe('a rollout from the command line', () => {
  test('is planned, checked and carried out; then taken back', async () => {
    fleet.preinstall(first);
    fleet.writePlan({ waves: [1, '100%'] }, second);
    const planned = await tidegate('rollout', 'plan', 'plan.yaml');
    expect(planned.out).toMatch(/^tgtest 1\.0-1 → 2\.0-1 /);
    expect(planned.out).toContain('selected 4 = 4 to change');
    const [, id = ''] = /rollout start (p-\w+)/.exec(planned.out) ?? [];
    expect(await tidegate('rollout', 'check', id)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^4 of 4 hosts are ready/),
    });
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));

    const started = await tidegate('rollout', 'start', id, '--yes', '--reason', 'CVE-1', '--ticket', 'CHG1');
    expect(started).toMatchObject({ code: 0, out: expect.stringMatching(/DONE {2}4 = 4 applied\n/) });
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
    const report = await tidegate('rollout', 'report');
    expect(report.out).toMatch(/^tgtest 2\.0-1 is on all 4 hosts of test, after /);
    expect(report.out).toMatch(/start {2}\S+@\S+ \(claimed\) {2}CVE-1, CHG1/);

    const [rollout = ''] = /r-\w{8}/.exec((await tidegate('rollout', 'list')).out) ?? [];
    const back = await tidegate('rollout', 'rollback', rollout, '--yes', '--reason', 'no good');
    expect(back).toMatchObject({ code: 0, out: expect.stringMatching(/ROLLED BACK {2}4 = 4 rolled back\n/) });
    for (const verb of ['rollback', 'retry'])
      expect(await tidegate('rollout', verb, rollout, '--yes')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^TG_NOTHING_TO_DO /),
      });
    expect((await tidegate('rollout', 'status', rollout)).out).toMatch(/^ROLLED BACK\n/);
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
  });

  test('pauses with the number in flight, goes on, and does not start twice', async () => {
    const rollout = await startHeld();
    expect((await fleet.record(rollout)).ended).toBeUndefined();
    expect(await tidegate('rollout', 'start', 'plan.yaml', '--yes')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_ROLLOUT_RUNNING /),
    });
    await until(async () => applying(await fleet.record(rollout)));
    const paused = await tidegate('rollout', 'pause', rollout, '--reason', 'look', '-o', 'json');
    expect(JSON.parse(paused.out)).toMatchObject({ verb: 'pause', state: 'done', inFlight: 1 });
    release(...fleet.hosts);
    await until(async () => (await fleet.record(rollout)).inFlight().length === 0);
    const calls = () => fleet.hosts.map((host) => rpmCalls(host).length).reduce((a, b) => a + b);
    const before = calls();
    expect((await tidegate('rollout', 'status', rollout)).out).toMatch(/^PAUSED wave 1\/1\n/);
    expect(calls()).toBe(before);
    expect(await tidegate('rollout', 'resume', rollout, '--yes')).toMatchObject({ code: 0 });
    expect((await tidegate('rollout', 'watch', rollout)).code).toBe(0);
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
  });

  test('refuses a plan whose file has changed since', async () => {
    fleet.preinstall(first);
    fleet.writePlan({ waves: ['100%'] }, second);
    const [id = ''] = /p-\w+/.exec((await tidegate('rollout', 'plan', 'plan.yaml')).out) ?? [];
    fleet.writePlan({ waves: [1, '100%'] }, second);
    expect(await tidegate('rollout', 'start', id, '--yes')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_PLAN_STALE /),
    });
  });
});

describe('without a worker', () => {
  test('a pause is recorded, and the worker that comes takes it up before it begins anything', async () => {
    const rollout = await startHeld();
    await until(async () => applying(await fleet.record(rollout)));
    await fleet.killWorker();
    release(...fleet.hosts);
    const paused = await tidegate('rollout', 'pause', rollout, '--reason', 'look');
    expect(paused.out).toMatch(
      /^pause is recorded for r-\w{8}: no worker runs; it takes this up before anything else/,
    );
    const begun = async () =>
      [...(await fleet.record(rollout)).hosts.values()].filter(({ before }) => before);
    const before = (await begun()).length;
    await fleet.work();
    await until(async () => (await fleet.record(rollout)).gate === 'closed');
    expect(await begun()).toHaveLength(before);
    expect((await tidegate('rollout', 'abort', rollout, '--yes', '-o', 'json')).code).toBe(0);
    expect((await tidegate('rollout', 'watch', rollout)).code).toBe(3);
  });

  test('nothing hangs: what needs it says so, what only looks works', async () => {
    await fleet.killWorker();
    expect(await tidegate('rollout', 'plan', 'plan.yaml')).toMatchObject({
      code: 4,
      err: expect.stringMatching(/^TG_WORKER_MISSING /),
    });
    rmSync(fleet.home.temporalAddressFile);
    expect(await tidegate('rollout', 'status')).toMatchObject({ code: 0 });
  });
});

/** Starts a rollout of one host at a time, each of which stays in its operation until it is released. @returns its ID. */
async function startHeld(): Promise<string> {
  fleet.preinstall(first);
  for (const { sandbox } of fleet.hosts) sandbox.run('touch /etc/hold');
  const before = ['while [ -e /etc/hold ]; do sleep 0.1; done'];
  fleet.writePlan({ waves: ['100%'], caps: { total: 1, perDomain: 1 }, before }, second);
  await tidegate('rollout', 'plan', 'plan.yaml');
  const { out } = await tidegate('rollout', 'start', 'plan.yaml', '--yes', '--detach', '-o', 'json');
  return JSON.parse(out).rollout;
}

/** Not the rehearsal on the control instance, which has an operation in flight too. */
function applying({ hosts }: Awaited<ReturnType<typeof fleet.record>>): boolean {
  return [...hosts.values()].some(({ running }) => running?.action === 'apply');
}

function release(...hosts: SandboxHost[]): void {
  for (const { sandbox } of hosts) sandbox.run('rm -f /etc/hold');
}

function tidegate(...words: string[]): ReturnType<TestFleet['tidegate']> {
  return fleet.tidegate(words);
}
