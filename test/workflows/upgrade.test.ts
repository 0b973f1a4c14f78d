import type { WorkflowHandle } from '@temporalio/client';
import { readRun } from '../../clients/runs';
import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { changedRelease, type Release } from '../support/release';
import { until } from '../support/rollouts';

/** Issue 5, "Upgrade in the middle of a rollout": another release's worker takes over what this one has begun. */
let fleet: TestFleet;
let first: Rpm;
let second: Rpm;
const releases: Release[] = [];

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 6, domains: 2 });
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
});

beforeEach(() => fleet.preinstall(first));
afterEach(() => fleet.stopWorker());

afterAll(async () => {
  for (const release of releases) release.remove();
  await fleet.stop();
});

test('a newer release, patched, takes over in the second wave and decides anew from the third on', async () => {
  const newer = release("if (patched('counts first')) ");
  await fleet.work();
  const { handle } = await killedInSecondWave();
  await fleet.work(newer.workerMain);
  expect(await handle.result()).toEqual({ result: 'done' });
  expectOneTransactionEach();
  const decided = await decisions(handle);
  expect(decided.filter((name) => name === 'wave').length).toBe(3);
  const anew = decided.indexOf('countOwed');
  expect(decided.slice(0, anew).filter((name) => name === 'wave').length).toBe(2);
});

test('one that decides otherwise and is not patched changes no host and is named; the release before goes on', async () => {
  const unpatched = release('');
  await fleet.work();
  const asking = fleet.tidegate(['run', 'web000,web001', '--batch-then-ask', '1', '--', 'true']);
  const run = async () => (await readRun(fleet.home).catch(() => undefined))?.record;
  await until(async () => (await run())?.waiting === true);
  const { rollout, handle } = await killedInSecondWave();
  await fleet.work(unpatched.workerMain);
  expect(fleet.workerSaid.join('\n')).toContain('it is held until it does: TG_WORKFLOW_STUCK');
  const watch = fleet.tidegate(['rollout', 'watch', rollout]);
  await until(async () =>
    (await fleet.tidegate(['rollout', 'status', rollout])).out.includes('TG_WORKFLOW_STUCK'),
  );
  const { stands } = JSON.parse((await fleet.tidegate(['rollout', 'status', rollout, '-o', 'json'])).out);
  expect(stands).toMatchObject({
    code: 'TG_WORKFLOW_STUCK',
    detail: expect.stringMatching(/^rollout\/test\/tgtest: it was begun by another release.*countOwed/),
    next: expect.stringContaining('run the release that ran before'),
  });
  void fleet.tidegate(['run', 'go-on', '--yes']);
  expect(await asking).toMatchObject({ code: 1, err: expect.stringContaining('TG_WORKFLOW_STUCK  run/') });
  const stuckAt = (await fleet.record(rollout)).counts();
  expect(stuckAt).toMatchObject({ failed: 0, quarantined: 0 });
  expect(stuckAt.pending).toBeGreaterThan(0);

  await fleet.killWorker();
  await fleet.work();
  expect(await handle.result()).toEqual({ result: 'done' });
  expectOneTransactionEach();
  const { code, err } = await watch;
  expect({ code, told: err.includes('TG_WORKFLOW_STUCK') }).toEqual({ code: 0, told: true });
  expect((await fleet.tidegate(['rollout', 'status', rollout])).out).not.toContain('TG_');
  await until(async () => (await run())?.ended !== undefined);
  expect((await run())?.counts()).toMatchObject({ ok: 2 });
});

/** A rollout of three waves whose worker, of this release, is gone in the middle of the second. */
async function killedInSecondWave() {
  const plan = await fleet.plan(
    {
      waves: [1, '60%', '100%'],
      caps: { total: 2, perDomain: 1 },
      budget: { stopAt: 6 },
      before: ['sleep 0.5'],
    },
    second,
  );
  const started = await fleet.rollout(plan);
  await until(async () => (await fleet.record(started.rollout)).counts().applied >= 2);
  await fleet.killWorker();
  return started;
}

/** The first one is the control instance, on which patch and undo were rehearsed. */
function expectOneTransactionEach(): void {
  expect(fleet.versions()).toEqual(Array(6).fill('2.0'));
  expect(fleet.hosts.map((host) => rpmCalls(host).length)).toEqual([3, 1, 1, 1, 1, 1]);
}

/** @param when - in front of what its rollouts do before each wave, and those of this release do not. */
function release(when: string): Release {
  const made = changedRelease({
    'workflows/run.ts': [
      [
        '  opened = true;',
        `  opened = true; if (${when === ''}) await quick.askAboutRun({ fleet, run: id });`,
      ],
    ],
    'workflows/carry-out.ts': [
      ['import { condition,', 'import { patched, condition,'],
      [
        'control.progress.wave = number;',
        `control.progress.wave = number; ${when}await quick.countOwed(control.reference);`,
      ],
    ],
  });
  releases.push(made);
  return made;
}

/** @returns the activities and child workflows in the order in which a workflow asked for them. */
async function decisions(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name;
    return activity ?? child ?? [];
  });
}
