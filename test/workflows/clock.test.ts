import type { Rpm } from '../../model/artifact';
import { testClock } from '../support/clock';
import { TestFleet } from '../support/fleet';
import { rpmCalls, type SandboxHost } from '../support/host';
import { until } from '../support/rollouts';
import { type ShippedWorker, startShippedWorker } from '../support/shipped-worker';

/** Issue 5, "clock jump": the worker's clock is set while a rollout is under way; hosts and server keep theirs. */
const clock = testClock();
let fleet: TestFleet;
let hanging: Rpm;
let worker: ShippedWorker | undefined;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 6, domains: 2 });
  const first = await fleet.package('1.0');
  const post = 'while [ -e /etc/hang ]; do sleep 0.1; done';
  // The hosts' rpmdb knows of no shell.
  hanging = await fleet.package('2.0', { post, preamble: ['Provides: /bin/sh'] });
  fleet.preinstall(first);
});

afterAll(async () => {
  await worker?.kill();
  await fleet.stop();
  clock.remove();
});

test('a clock that jumps an hour ahead and two back lets no operation be overdue, begin twice or wait for it', async () => {
  worker = startShippedWorker(fleet.home.folder, [], clock.environment);
  await worker.says(/ready/);
  const hung = fleet.hosts[1]!;
  hung.sandbox.run('touch /etc/hang');
  const plan = await fleet.plan(
    { waves: ['100%'], caps: { total: 2, startsPerSecond: 1 }, budget: { stopAt: 6, firstWaveStopAt: 6 } },
    hanging,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  const applied = async () => (await fleet.record(rollout)).counts().applied;
  await until(() => rpmCalls(hung).length > 0);
  // An operation's deadline is an hour after its begin (DESIGN.md, plan defaults).
  clock.set('+61m');
  await loseSight(hung);
  await until(async () => (await applied()) >= 2);
  clock.set('-1h');
  await loseSight(hung);
  await until(async () => (await applied()) === 5);
  hung.sandbox.run('rm /etc/hang');
  expect(await handle.result()).toEqual({ result: 'done' });
  expect(await fleet.troubles(rollout)).toEqual([]);
  // The first one is the control instance, on which patch and undo were rehearsed.
  expect(fleet.hosts.map((host) => rpmCalls(host).length)).toEqual([3, 1, 1, 1, 1, 1]);
  expect(await worker.stop()).toBe(0);
});

/** Cuts the connection to a host, so that its operation has to be asked for again, and waits until it is. */
async function loseSight({ sandbox }: SandboxHost): Promise<void> {
  sandbox.run("pkill -f '[s]shd: tidegate'");
  await until(() => sandbox.run("pgrep -f '[s]shd: tidegate'").code === 0);
}
