import { namedError } from '../../clients/failure';
import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { entriesOf, until } from '../support/rollouts';

let fleet: TestFleet;
let first: Rpm;
/** Its scriptlet hangs where it is told to, until somebody lets it go. */
let hanging: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 2, domains: 1 });
  first = await fleet.package('1.0');
  const post = 'while [ -e /etc/hang ]; do sleep 0.1; done';
  // The hosts' rpmdb knows of no shell.
  hanging = await fleet.package('2.0', { post, preamble: ['Provides: /bin/sh'] });
  await fleet.work();
});

beforeEach(() => fleet.preinstall(first));

afterAll(() => fleet.stop());

const examine = async (host: string) => {
  const { out } = await fleet.tidegate(['hosts', 'examine', host, '-o', 'json']);
  return JSON.parse(out);
};
const clear = (host: string) =>
  fleet.tidegate(['hosts', 'clear', host, '--reason', 'looked at it', '--yes', '-o', 'json']);
const budget = { stopAt: 2, firstWaveStopAt: 2 };

test('a scriptlet that hangs past its deadline: it cannot be cleared while it runs, and is what it has afterwards', async () => {
  const { sandbox } = fleet.hosts[1]!;
  sandbox.run('touch /etc/hang');
  const plan = await fleet.plan({ waves: ['100%'], budget, timeouts: { operation: '2s' } }, hanging);
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'incomplete' });
  expect(await fleet.troubles(rollout)).toEqual([
    expect.stringMatching(/^web001 quarantined TG_OPERATION_OVERDUE/),
  ]);

  expect(await examine('web001')).toMatchObject({
    chapters: [
      { rollout, state: 'quarantined', code: 'TG_OPERATION_OVERDUE', operation: { action: 'apply' } },
    ],
    slots: [rollout],
    found: { operation: 'running', last: 'running' },
    next: [expect.stringMatching(/^on the host.*fuser -v .*running$/), 'tidegate hosts examine web001'],
  });
  expect((await fleet.tidegate(['rollout', 'status', rollout])).out).toContain(
    'tidegate hosts examine web001',
  );
  const refused = await clear('web001');
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/TG_HOST_BUSY.*runs on the host/s) });
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 1, quarantined: 1 });

  sandbox.run('rm /etc/hang');
  await until(async () => (await fleet.record(rollout)).inFlight().length === 0);
  const seen = await examine('web001');
  expect(seen).toMatchObject({ slots: [], found: { operation: 'done', outcome: 'ok', differs: [] } });
  expect(seen.next).toContain('tidegate hosts clear web001 --reason …');
  expect(JSON.parse((await clear('web001')).out)).toMatchObject({ cleared: [{ rollout, state: 'applied' }] });
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 2, quarantined: 0 });
  expect(await clear('web001')).toMatchObject({
    code: 2,
    err: expect.stringMatching(
      /TG_HOST_NOT_QUARANTINED.*no rollout has web001 quarantined: \S+ cleared it at 20/s,
    ),
  });
});

test('a host whose chain has moved goes on from what is on it: cleared, retried, and done once', async () => {
  const host = fleet.hosts[1]!;
  const moved = 'f'.repeat(32);
  host.sandbox.run(`echo ${moved} >/var/lib/tidegate/head`);
  const plan = await fleet.plan({ waves: ['100%'], budget }, hanging);
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'incomplete' });
  expect(await fleet.troubles(rollout)).toEqual([expect.stringMatching(/^web001 quarantined TG_HOST_MOVED/)]);
  expect(await examine('web001')).toMatchObject({ found: { head: moved, operation: 'unknown' }, slots: [] });
  expect(rpmCalls(host)).toEqual([]);

  expect(JSON.parse((await clear('web001')).out)).toMatchObject({ cleared: [{ rollout, state: 'failed' }] });
  const cleared = (await entriesOf(fleet, rollout)).filter(({ kind }) => kind === 'cleared');
  expect(cleared).toEqual([
    expect.objectContaining({ head: moved, actor: expect.objectContaining({ reason: 'looked at it' }) }),
  ]);
  // A worker that comes anew reads it from the ledger.
  await fleet.killWorker();
  await fleet.work();
  const again = await fleet.tidegate(['rollout', 'retry', rollout, '--hosts', 'web001', '--yes']);
  expect(again.code).toBe(0);
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 2, failed: 0, quarantined: 0 });
  expect(rpmCalls(host)).toHaveLength(1);
});

test('a control instance whose chain has moved fails the rehearsal, and rehearses again once it is cleared', async () => {
  const control = fleet.hosts[0]!;
  const moved = 'c'.repeat(32);
  control.sandbox.run(`echo ${moved} >/var/lib/tidegate/head`);
  const { rollout, handle } = await fleet.rollout(await fleet.plan({ waves: ['100%'], budget }, hanging));
  const failure = namedError(await handle.result().catch((error) => error));
  expect(failure).toMatchObject({ code: 'TG_REHEARSAL_FAILED', next: 'tidegate hosts examine web000' });
  expect(await examine('web000')).toMatchObject({
    chapters: expect.arrayContaining([
      expect.objectContaining({ rollout, index: -1, state: 'quarantined', code: 'TG_HOST_MOVED' }),
    ]),
    found: { head: moved },
    next: [
      'tidegate hosts clear web000 --reason …',
      `tidegate rollout retry ${rollout.slice(0, 10)} --reason …`,
    ],
  });
  expect(rpmCalls(control)).toEqual([]);

  const { out } = await clear('web000');
  expect(JSON.parse(out)).toMatchObject({ cleared: [{ rollout, state: 'failed', rehearsal: true }] });
  expect((await fleet.record(rollout)).failures()).toBe(0);
  await fleet.killWorker();
  await fleet.work();
  expect((await fleet.tidegate(['rollout', 'retry', rollout, '--yes'])).code).toBe(0);
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 2, pending: 0 });
  // The patch and its undo were rehearsed before it got the patch itself.
  expect(rpmCalls(control)).toHaveLength(3);
});

test('a host that one rollout has quarantined is left alone by every other, until it is cleared', async () => {
  const next = await fleet.package('3.0');
  const input = { waves: ['100%'], budget, rollback: 'none' as const };
  const frozenBefore = await fleet.plan(input, next);
  const { sandbox } = fleet.hosts[1]!;
  const head = sandbox.run('cat /var/lib/tidegate/head').out;
  sandbox.run(`echo ${'d'.repeat(32)} >/var/lib/tidegate/head`);
  const one = await fleet.rollout(await fleet.plan(input, hanging));
  expect(await one.handle.result()).toEqual({ result: 'incomplete' });
  // As the ledger has it again: the quarantine alone keeps others from it, and a worker that comes anew knows of it.
  sandbox.run('cat >/var/lib/tidegate/head', head);
  await fleet.killWorker();
  await fleet.work();

  const other = await fleet.rollout(frozenBefore);
  expect(await other.handle.result()).toEqual({ result: 'incomplete' });
  expect(await fleet.troubles(other.rollout)).toEqual([
    `web001 untouched TG_HOST_QUARANTINED rollout ${one.rollout} has it quarantined`,
  ]);
  const planned = fleet.plan(input, next).catch((error) => namedError(error));
  expect(String(await planned)).toContain('no host would change: 1 already, 1 quarantined');
  expect(rpmCalls(fleet.hosts[1]!)).toEqual([]);

  expect((await clear('web001')).code).toBe(0);
  const again = await fleet.tidegate(['rollout', 'retry', other.rollout, '--yes']);
  expect(again.code).toBe(0);
  expect((await fleet.record(other.rollout)).counts()).toMatchObject({ applied: 2, untouched: 0 });
});

test.each(['retry', 'rollback'] as const)(
  'a rollout whose workflow was ended from outside while a host is in flight is taken up by %s',
  async (verb) => {
    const { sandbox } = fleet.hosts[1]!;
    sandbox.run('touch /etc/hang');
    const { rollout, handle } = await fleet.rollout(await fleet.plan({ waves: ['100%'], budget }, hanging));
    await until(async () => (await fleet.record(rollout)).counts().applied === 1);
    await until(() => rpmCalls(fleet.hosts[1]!).length === 1);
    await handle.terminate('a slip of the hand');
    const paused = await fleet.tidegate(['rollout', 'pause', rollout, '--reason', 'wait']);
    expect(paused).toMatchObject({ code: 1, err: expect.stringMatching(/TG_ROLLOUT_ENDED.*rollout retry/s) });
    sandbox.run('rm /etc/hang');
    const taken = await fleet.tidegate(['rollout', verb, rollout, '--reason', 'go on', '--yes']);
    expect(taken.code).toBe(0);
    expect(fleet.versions()).toEqual(Array(2).fill(verb === 'retry' ? '2.0' : '1.0'));
    expect(rpmCalls(fleet.hosts[1]!)).toHaveLength(verb === 'retry' ? 1 : 2);
  },
);

test('a host that cannot be reached: the ledger tells what it knows, and nothing is cleared', async () => {
  const host = fleet.hosts[1]!;
  host.sandbox.run(`echo ${'e'.repeat(32)} >/var/lib/tidegate/head`);
  const plan = await fleet.plan({ waves: ['100%'], budget }, hanging);
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'incomplete' });
  host.stopSshd();
  const seen = await fleet.tidegate(['hosts', 'examine', 'web001']);
  expect(seen.code).toBe(0);
  expect(seen.out).toMatch(
    /^web001 is quarantined.*TG_HOST_MOVED.*not asked: TG_HOST_UNREACHABLE.*Next: tidegate hosts check web001/s,
  );
  expect(await clear('web001')).toMatchObject({ code: 1, err: expect.stringMatching(/TG_HOST_UNREACHABLE/) });
  expect((await fleet.record(rollout)).counts()).toMatchObject({ quarantined: 1 });
  host.startSshd();
});

test('a host that nobody knows, and one that no rollout touched', async () => {
  expect(await fleet.tidegate(['hosts', 'examine', 'web999'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/TG_HOST_NOT_FOUND/),
  });
  expect(await fleet.tidegate(['hosts', 'clear', 'web000', '--yes'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/TG_USAGE/),
  });
});
