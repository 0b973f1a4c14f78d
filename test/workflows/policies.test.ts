import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { asked, entriesOf, until, untilPhase } from '../support/rollouts';

let fleet: TestFleet;
let first: Rpm;
let second: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 4, domains: 2 });
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  await fleet.work();
});

beforeEach(() => fleet.preinstall(first));

afterAll(() => fleet.stop());

const generous = { stopAt: 4, firstWaveStopAt: 4 };
const failsWhereFaulty = ['test ! -e /etc/fault'];
const calls = () => fleet.hosts.map((host) => rpmCalls(host).length);

function breakHosts(...places: number[]): void {
  for (const place of places) fleet.hosts[place]!.sandbox.run('touch /etc/fault');
}

function mend(): void {
  for (const { sandbox } of fleet.hosts) sandbox.run('rm -f /etc/fault');
}

describe('the failure budget', () => {
  test('stops the first wave at its own limit, and is raised by whoever goes on', async () => {
    breakHosts(0, 2, 3);
    const plan = await fleet.plan(
      {
        waves: ['50%', '100%'],
        caps: { total: 1 },
        budget: { stopAt: 2 },
        checks: failsWhereFaulty,
        notify: { command: 'true' },
      },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    await untilPhase(fleet, rollout, 'paused', 1);
    expect((await fleet.tidegate(['rollout', 'status'])).out).toMatch(
      /^PAUSED wave 1\/2 \(the failure budget is spent \(1 of 1\)\)\n.*budget: 1 of 2 failures\n.*resume r-\w{8} --reason/s,
    );
    // One failure of the whole budget is left, so that it goes on: with the rest of wave 1, and to the second failure.
    expect((await fleet.tidegate(['rollout', 'resume', rollout, '--yes'])).code).toBe(0);
    await untilPhase(fleet, rollout, 'paused', 2);
    expect((await fleet.record(rollout)).counts()).toMatchObject({
      'rolled back': 2,
      applied: 1,
      pending: 1,
    });
    expect(await fleet.tidegate(['rollout', 'resume', rollout, '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_BUDGET_SPENT .*\n.*resume r-\w{8} --stop-at 3/s),
    });
    mend();
    const raised = await fleet.tidegate(['rollout', 'resume', rollout, '--stop-at', '3', '--yes']);
    expect(raised.code).toBe(0);
    expect(await handle.result()).toEqual({ result: 'incomplete' });
    expect((await fleet.record(rollout)).counts()).toMatchObject({ 'rolled back': 2, applied: 2 });
    expect((await fleet.record(rollout)).stopAt).toBe(3);
    const told = (await entriesOf(fleet, rollout)).flatMap((entry) =>
      entry.kind === 'note' ? entry.detail : [],
    );
    expect(told).toEqual([
      'notified (stop): the failure budget is spent (1 of 1)',
      'notified (stop): the failure budget is spent (2 of 2)',
      'notified (end): incomplete',
    ]);
  });

  test('is overshot by what is in flight when the plan allows it, and only then', async () => {
    const slowly = ['while [ ! -e /etc/go ]; do sleep 0.1; done; false'];
    const run = async (overshoot: 'inFlight' | 'never', atOnce: number) => {
      const plan = await fleet.plan(
        {
          waves: ['100%'],
          budget: { stopAt: 2, firstWaveStopAt: 2, whenSpent: 'abort', overshoot },
          checks: slowly,
        },
        second,
      );
      const { rollout, handle } = await fleet.rollout(plan);
      await until(async () => (await fleet.record(rollout)).inFlight().length === atOnce);
      for (const { sandbox } of fleet.hosts) sandbox.run('touch /etc/go');
      expect(await handle.result()).toEqual({ result: 'aborted' });
      for (const { sandbox } of fleet.hosts) sandbox.run('rm /etc/go');
      return (await fleet.record(rollout)).failures();
    };
    expect(await run('inFlight', 4)).toBe(4);
    expect(await run('never', 2)).toBe(2);
  });
});

describe('a host that failed', () => {
  test('is left as it is when the plan says so; tried again, its checks decide; rollback takes it back', async () => {
    breakHosts(1);
    const plan = await fleet.plan(
      { waves: ['100%'], budget: generous, failedHost: 'leave', checks: failsWhereFaulty },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    expect(await handle.result()).toEqual({ result: 'incomplete' });
    expect(await fleet.troubles(rollout)).toEqual([expect.stringMatching(/^web001 failed TG_CHECK_FAILED /)]);
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));

    const still = await fleet.rollout(plan, { rollout, verb: 'retry' });
    expect(await still.handle.result()).toEqual({ result: 'incomplete' });
    expect(await fleet.troubles(rollout)).toEqual([expect.stringMatching(/^web001 failed TG_CHECK_FAILED /)]);
    mend();
    const before = calls();
    const again = await fleet.rollout(plan, { rollout, verb: 'retry' });
    expect(await again.handle.result()).toEqual({ result: 'done' });
    expect(calls().map((count, place) => count - before[place]!)).toEqual([0, 1, 0, 0]);

    const back = await fleet.rollout(plan, { rollout, verb: 'rollback' });
    expect(await back.handle.result()).toEqual({ result: 'rolled back' });
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
  });

  test('stays where nothing was kept to go back to, and is not quarantined by asking for it', async () => {
    breakHosts(2);
    const plan = await fleet.plan(
      { waves: ['100%'], budget: generous, rollback: 'none', checks: failsWhereFaulty },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    expect(await handle.result()).toEqual({ result: 'incomplete' });
    expect(await fleet.tidegate(['rollout', 'rollback', rollout, '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_UNDO_MISSING .*rollback: none/),
    });
    const back = await fleet.rollout(plan, { rollout, verb: 'rollback' });
    expect(await back.handle.result()).toEqual({ result: 'incomplete' });
    expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 3, failed: 1, quarantined: 0 });
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
  });

  test.each([
    ['before', { before: ['test ! -e /etc/fault'] }, 'TG_BEFORE_FAILED', 0],
    ['after', { after: ['test ! -e /etc/fault'] }, 'TG_AFTER_FAILED', 2],
    ['restart', { restart: ['tgtest-no-such-service'] }, 'TG_RESTART_FAILED', 2],
  ])('in `%s` is as it was before', async (_, around, code, transactions) => {
    breakHosts(0, 1, 2, 3);
    const plan = await fleet.plan({ waves: [1, '100%'], budget: { whenSpent: 'abort' }, ...around }, second);
    const { rollout, handle } = await fleet.rollout(plan);
    expect(await handle.result()).toEqual({ result: 'aborted' });
    const [host] = [...(await fleet.record(rollout)).hosts.values()].filter(({ failure }) => failure);
    expect(host).toMatchObject({ code });
    // Two more are the rehearsal's.
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
    expect(calls()[0]! - 2).toBe(transactions);
  });
});

describe('what is on the hosts', () => {
  test('absent is installed when the plan says so, and erased again by a rollback', async () => {
    fleet.hosts[3]!.sandbox.run('rpm.real -e tgtest');
    const plan = await fleet.plan({ waves: ['100%'], budget: generous, absent: 'install' }, second);
    const { rollout, handle } = await fleet.rollout(plan);
    expect(await handle.result()).toEqual({ result: 'done' });
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
    const back = await fleet.rollout(plan, { rollout, verb: 'rollback' });
    expect(await back.handle.result()).toEqual({ result: 'rolled back' });
    expect(fleet.versions()).toEqual(['1.0', '1.0', '1.0', '']);
    expect(fleet.hosts[3]!.sandbox.run('rpm.real -q tgtest').code).toBe(1);
  });

  test('newer is refused unless the plan says downgrade, and then taken back as it was', async () => {
    fleet.preinstall(second);
    await expect(fleet.plan({ waves: ['100%'] }, first)).rejects.toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ cause: expect.objectContaining({ type: 'TG_DOWNGRADE' }) }),
      }),
    );
    const plan = await fleet.plan({ waves: ['100%'], budget: generous, downgrade: true }, first);
    const { rollout, handle } = await fleet.rollout(plan);
    expect(await handle.result()).toEqual({ result: 'done' });
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
    const back = await fleet.rollout(plan, { rollout, verb: 'rollback' });
    expect(await back.handle.result()).toEqual({ result: 'rolled back' });
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
  });
});

test('a host that is held after the plan was made is left as it is, and the sums say so', async () => {
  const plan = await fleet.plan({ waves: ['100%'], budget: generous, rollback: 'none' }, second);
  const held = await fleet.tidegate(['hosts', 'hold', 'web002', '--reason', 'being repaired', '--yes']);
  expect(held.code).toBe(0);
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'done' });
  await fleet.tidegate(['hosts', 'unhold', 'web002', '--reason', 'repaired', '--yes']);
  expect(await fleet.troubles(rollout)).toEqual(['web002 untouched held being repaired']);
  expect(fleet.versions()).toEqual(['2.0', '2.0', '1.0', '2.0']);
  expect((await fleet.tidegate(['rollout', 'report', rollout])).out).toMatch(
    /3 applied \+ 0 failed \+ 1 held/,
  );
});

test('pause and abort end the wait for hosts that cannot be reached', async () => {
  const plan = await fleet.plan(
    { waves: ['100%'], budget: generous, rollback: 'none', unreachable: { within: '2h', pauseOver: '50%' } },
    second,
  );
  fleet.hosts[3]!.stopSshd();
  const { rollout, handle } = await fleet.rollout(plan);
  await until(async () => (await fleet.record(rollout)).counts().applied === 3);
  await handle.signal('abort', asked());
  expect(await handle.result()).toEqual({ result: 'aborted' });
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 3, pending: 1 });
});
