import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
import { rpmCalls, type SandboxHost } from '../support/host';
import { until } from '../support/rollouts';

let fleet: TestFleet;
let first: Rpm;
let second: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 8, domains: 2 });
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  await fleet.work();
});

afterAll(() => fleet.stop());

test('a patch reaches every host, in waves, with one transaction on each', async () => {
  fleet.preinstall(first);
  const plan = await fleet.plan({ waves: [1, '50%', '100%'], budget: { stopAt: 8 } }, second);
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'done' });
  expect(fleet.versions()).toEqual(Array(8).fill('2.0'));
  // The control instance rehearsed the patch and its undo before it got the patch itself.
  expect(fleet.hosts.map((host) => rpmCalls(host).length)).toEqual([3, 1, 1, 1, 1, 1, 1, 1]);
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 8, pending: 0 });
});

test('checks that fail on every host stop it at exactly the budget, and the hosts are taken back', async () => {
  fleet.preinstall(first);
  const plan = await fleet.plan(
    { waves: ['100%'], budget: { stopAt: 5, firstWaveStopAt: 5, whenSpent: 'abort' }, checks: ['false'] },
    second,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'aborted' });
  const record = await fleet.record(rollout);
  expect(record.failures()).toBe(5);
  expect(record.counts()).toMatchObject({ 'rolled back': 5, pending: 3 });
  expect(fleet.versions()).toEqual(Array(8).fill('1.0'));
});

test('a bad release spends its budget and rolls everything back by itself', async () => {
  fleet.preinstall(first);
  for (const { sandbox } of fleet.hosts.slice(4, 7)) sandbox.run('touch /etc/fault');
  const plan = await fleet.plan(
    {
      waves: ['100%'],
      budget: { stopAt: 2, firstWaveStopAt: 2, whenSpent: 'rollback' },
      checks: ['test ! -e /etc/fault'],
    },
    second,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'rolled back' });
  expect(fleet.versions()).toEqual(Array(8).fill('1.0'));
  const record = await fleet.record(rollout);
  expect(record.failures()).toBe(2);
  expect(record.counts().applied).toBe(0);
});

test('pause holds by the hosts’ own clocks: only what was in flight goes to its end, and back when it fails', async () => {
  fleet.preinstall(first);
  // The control instance rehearses, and may be through before all others.
  for (const { sandbox } of fleet.hosts.slice(1)) sandbox.run('touch /etc/hold');
  const plan = await fleet.plan(
    {
      waves: ['100%'],
      caps: { total: 2, perDomain: 1 },
      budget: { stopAt: 8, firstWaveStopAt: 8 },
      before: ['while [ -e /etc/hold ]; do sleep 0.05; done'],
      checks: ['test ! -e /etc/fault'],
    },
    second,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  const held = async () => (await inFlight(rollout)).filter((name) => name !== 'web000');
  await until(async () => (await held()).length === 2);
  const [failing, well] = await held();
  await handle.signal('pause', { actor: { name: 'tests', proof: 'claimed', reason: 'look' } });
  await until(async () => (await handle.query<{ gate: string }>('status')).gate === 'closed');
  const pausedAt = Date.now() / 1000;
  hostOf(failing!).sandbox.run('touch /etc/fault');
  // Who is through makes room: whatever the pause does not hold begins now, while the other goes back.
  for (const { sandbox } of fleet.hosts) sandbox.run('rm -f /etc/hold');
  await until(async () => (await inFlight(rollout)).length === 0);
  expect(await inState(rollout, 'rolled back')).toEqual([failing]);
  const applied = await inState(rollout, 'applied');
  expect(applied).toContain(well);
  const resumedAt = Date.now() / 1000;
  await handle.signal('resume', { actor: { name: 'tests', proof: 'claimed' } });
  expect(await handle.result()).toEqual({ result: 'incomplete' });
  const begun = fleet.hosts.map((host) => [host.host.name, beginsOf(host)] as const);
  const between = begun.flatMap(([name, times]) =>
    times.filter((at) => at > pausedAt && at < resumedAt).map(() => name),
  );
  expect(between).toEqual([failing]);
  const after = begun.filter(([, times]) => times.some((at) => at > resumedAt)).map(([name]) => name);
  expect([failing, ...applied, ...after].sort()).toEqual(fleet.hosts.map(({ host }) => host.name));
  hostOf(failing!).sandbox.run('rm /etc/fault');
});

test('retry takes only what failed', async () => {
  fleet.preinstall(first);
  const faulty = fleet.hosts[5]!;
  faulty.sandbox.run('touch /etc/fault');
  const plan = await fleet.plan(
    { waves: ['100%'], budget: { stopAt: 8, firstWaveStopAt: 8 }, checks: ['test ! -e /etc/fault'] },
    second,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'incomplete' });
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 7, 'rolled back': 1 });
  faulty.sandbox.run('rm /etc/fault');
  const before = fleet.hosts.map((host) => rpmCalls(host).length);
  const again = await fleet.rollout(plan, { rollout, verb: 'retry' });
  expect(await again.handle.result()).toEqual({ result: 'done' });
  const after = fleet.hosts.map((host) => rpmCalls(host).length);
  expect(after.map((calls, i) => calls - before[i]!)).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
  expect(fleet.versions()).toEqual(Array(8).fill('2.0'));
});

test('a worker that is killed in the second wave is followed by one that repeats nothing', async () => {
  fleet.preinstall(first);
  const plan = await fleet.plan(
    { waves: [1, '100%'], caps: { total: 3, perDomain: 2 }, budget: { stopAt: 8 }, before: ['sleep 0.5'] },
    second,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  await until(async () => (await fleet.record(rollout)).counts().applied >= 3);
  expect((await fleet.record(rollout)).inFlight().length).toBeGreaterThan(0);
  await fleet.killWorker();
  await fleet.work();
  const ended = await handle.result();
  expect(await fleet.troubles(rollout)).toEqual([]);
  expect(ended).toEqual({ result: 'done' });
  expect(fleet.versions()).toEqual(Array(8).fill('2.0'));
  expect(fleet.hosts.map((host) => rpmCalls(host).length)).toEqual([3, 1, 1, 1, 1, 1, 1, 1]);
});

test('hosts that are there already are left alone, and a plan that would change nothing is refused', async () => {
  fleet.preinstall(first);
  const plan = await fleet.plan({ waves: ['100%'], budget: { stopAt: 8 } }, second);
  expect(await (await fleet.rollout(plan)).handle.result()).toEqual({ result: 'done' });
  await expect(fleet.plan({ waves: ['100%'] }, second)).rejects.toThrow(
    expect.objectContaining({
      cause: expect.objectContaining({ cause: expect.objectContaining({ type: 'TG_NOTHING_TO_DO' }) }),
    }),
  );
});

test('a host whose key changed fails at once and is not touched, and one that is down is owed', async () => {
  fleet.preinstall(first);
  const plan = await fleet.plan(
    {
      waves: ['100%'],
      budget: { stopAt: 8, firstWaveStopAt: 8 },
      unreachable: { tries: 2, within: '1s', pauseOver: '50%' },
    },
    second,
  );
  fleet.hosts[6]!.changeKey();
  fleet.hosts[7]!.stopSshd();
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'incomplete' });
  const record = await fleet.record(rollout);
  expect(record.counts()).toMatchObject({ applied: 6, failed: 1, owed: 1 });
  expect([...record.hosts.values()].find(({ state }) => state === 'failed')).toMatchObject({
    name: 'web006',
    code: 'TG_HOST_KEY_CHANGED',
    failure: true,
  });
  expect(rpmCalls(fleet.hosts[6]!)).toEqual([]);
});

const hostOf = (name: string) => fleet.hosts.find(({ host }) => host.name === name)!;

/** When operations were begun on a host, by its own clock: seconds since 1970. */
const beginsOf = ({ sandbox }: SandboxHost) =>
  sandbox.run('stat -c %.9Y /var/lib/tidegate/operations/*/request').out.trim().split('\n').map(Number);

async function inFlight(rollout: string): Promise<string[]> {
  const record = await fleet.record(rollout);
  return record.inFlight().map((index) => record.host(index).name);
}

async function inState(rollout: string, wanted: string): Promise<string[]> {
  const { hosts } = await fleet.record(rollout);
  const found = [...hosts].filter(([index, { state }]) => index >= 0 && state === wanted);
  return found.map(([, { name }]) => name);
}
