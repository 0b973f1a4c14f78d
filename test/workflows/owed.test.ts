import type { WorkflowHandle } from '@temporalio/client';
import { liftHolds, writeHolds } from '../../fleet/holds';
import type { Rpm } from '../../model/artifact';
import { owedWorkflowId } from '../../workflows/contract/owed';
import { taskQueue } from '../../workflows/contract/server';
import { fleetName, TestFleet } from '../support/fleet';
import { rpmCalls, type SandboxHost } from '../support/host';
import { until } from '../support/rollouts';

let fleet: TestFleet;
let first: Rpm;
let second: Rpm;
let third: Rpm;
/** The host that is away. */
let away: SandboxHost;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 4, domains: 2 });
  away = fleet.hosts[3]!;
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  third = await fleet.package('3.0');
  await fleet.work();
});

afterAll(() => fleet.stop());

beforeEach(() => {
  away.startSshd();
  fleet.preinstall(first);
  away.stopSshd();
});

test('an owed host that is back is patched without a person, also by another worker, and not while it is held', async () => {
  const { rollout, owed } = await leaveOwed();
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 3, owed: 1 });
  await writeHolds(fleet.home.state, [
    {
      host: 'web003',
      at: new Date().toISOString(),
      actor: 'tests',
      reason: 'x',
    },
  ]);
  away.startSshd();
  await fleet.killWorker();
  await fleet.work();
  const seen = await looks(owed);
  await until(async () => (await looks(owed)) >= seen + 2);
  expect(rpmCalls(away)).toEqual([]);
  await liftHolds(fleet.home.state, ['web003']);
  expect(await owed.result()).toEqual({ ended: 'no host is owed any more' });
  const record = await fleet.record(rollout);
  expect(record.ended?.result).toBe('done');
  expect(record.counts()).toMatchObject({ applied: 4, owed: 0 });
  expect(rpmCalls(away)).toHaveLength(1);
  expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
});

test('after a newer rollout of the package has started, the older one is never applied', async () => {
  const older = await leaveOwed();
  // What the host has was not known when this was planned.
  const newer = await leaveOwed(third, { rollback: 'none' });
  away.startSshd();
  expect(await older.owed.result()).toEqual({ ended: `superseded by ${newer.rollout}` });
  expect(await newer.owed.result()).toEqual({ ended: 'no host is owed any more' });
  expect(fleet.versions()).toEqual(Array(4).fill('3.0'));
  expect(rpmCalls(away)).toHaveLength(1);
  // Whoever reaches the frontend can ask for it: what is not owed by the ledger is not begun.
  const { rollout, plan } = older;
  const forced = await fleet.rollout(plan, { rollout, verb: 'catch up', hosts: 'web003' });
  expect(await forced.handle.result()).toEqual({ result: 'incomplete' });
  expect((await fleet.record(older.rollout)).counts()).toMatchObject({ owed: 1 });
});

test('a host that fails when it is caught up is rolled back, and counts', async () => {
  const { rollout, owed } = await leaveOwed(second, { checks: ['test ! -e /etc/fault'] });
  away.sandbox.run('touch /etc/fault');
  away.startSshd();
  expect(await owed.result()).toEqual({ ended: 'no host is owed any more' });
  const record = await fleet.record(rollout);
  expect(record.counts()).toMatchObject({ applied: 3, 'rolled back': 1 });
  expect(record.failures()).toBe(1);
  expect(record.ended?.result).toBe('incomplete');
  expect(fleet.versions()).toEqual(['2.0', '2.0', '2.0', '1.0']);
});

test('what a person aborts or takes back is caught up no more', async () => {
  const aborted = await leaveOwed();
  expect(
    await fleet.tidegate(['rollout', 'abort', aborted.rollout, '--yes', '--reason', 'enough']),
  ).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^abort is taken up by r-/),
  });
  expect(await aborted.owed.result()).toEqual({ ended: 'the rollout was aborted' });
  const { rollout, plan, owed } = await leaveOwed(third);
  const back = await fleet.rollout(plan, { rollout, verb: 'rollback' });
  expect(await back.handle.result()).toEqual({ result: 'rolled back' });
  away.startSshd();
  expect(await owed.result()).toEqual({ ended: 'the rollout was rolled back' });
  expect(rpmCalls(away)).toEqual([]);
});

test('in the end a host that does not come back is given up, and stays owed', async () => {
  const unreachable = { tries: 2, within: '1s', pauseOver: '50%', owedFor: '3s' };
  const { rollout, owed } = await leaveOwed(second, { unreachable });
  expect(await owed.result()).toEqual({ ended: expect.stringMatching(/^given up/) });
  const record = await fleet.record(rollout);
  expect(record.counts()).toMatchObject({ applied: 3, owed: 1 });
  expect(record.owedEnded).toMatch(/^given up/);
});

test('goes on as a new run before its history is long', async () => {
  const { rollout, plan, owed } = await leaveOwed();
  await owed.terminate('the test starts it with a lower limit');
  await fleet.client.workflow.start('owed', {
    workflowId: owed.workflowId,
    taskQueue: taskQueue(fleetName),
    args: [
      { fleet: fleetName, rollout, plan, package: 'tgtest', version: '2.0-1', everyMs: 200, looksARun: 2 },
    ],
  });
  const { runId } = await owed.describe();
  await until(async () => (await owed.describe()).runId !== runId);
  away.startSshd();
  expect(await owed.result()).toEqual({ ended: 'no host is owed any more' });
  expect((await owed.describe()).historyLength).toBeLessThan(60);
  expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
});

/** A rollout that ends with one host owed. */
async function leaveOwed(rpm = second, given: object = {}) {
  const plan = await fleet.plan(
    {
      waves: ['100%'],
      budget: { stopAt: 4, firstWaveStopAt: 4 },
      unreachable: { tries: 2, within: '1s', pauseOver: '50%' },
      ...given,
    },
    rpm,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'incomplete' });
  const owed = fleet.client.workflow.getHandle(owedWorkflowId(fleetName, 'tgtest', rollout));
  return { rollout, plan, owed, handle };
}

/** How often the owed hosts were looked for, by the history of the workflow. */
async function looks(owed: WorkflowHandle): Promise<number> {
  const { events } = await owed.fetchHistory();
  return events!.filter(({ activityTaskCompletedEventAttributes }) => activityTaskCompletedEventAttributes)
    .length;
}
