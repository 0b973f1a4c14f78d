import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Rpm } from '../../model/artifact';
import { CommandLine } from '../support/command-line';
import { TestFleet } from '../support/fleet';
import { until } from '../support/rollouts';
import { newestOf } from '../support/temporal';

let fleet: TestFleet;
let tidegate: CommandLine;
let first: Rpm;
let second: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 4, domains: 2 });
  tidegate = new CommandLine(fleet.home.folder);
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  await fleet.work();
});

afterAll(() => fleet.stop());

const actor = { name: 'anna@secured1', proof: 'claimed' as const, reason: 'load' };

test('a rollout says whom it waits for and what that person types, until it has ended', async () => {
  fleet.preinstall(first);
  const plan = await fleet.plan(
    { waves: [1, '100%'], soak: '1s', gates: [1], budget: { stopAt: 4 } },
    second,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  const id = rollout.slice(0, 10);
  await until(async () => (await phaseOf(handle)) === 'waiting for approval');
  expect(await detailsOf(handle)).toBe(
    `**Waits for a person:** wave 1 is through, and the next one needs approval.\n\n\`tidegate rollout approve ${id} --wave 1 --reason …\``,
  );
  await handle.signal('pause', { actor });
  await handle.signal('approve', { actor, wave: 1 });
  await until(async () => (await phaseOf(handle)) === 'paused');
  expect(await detailsOf(handle)).toMatch(/^\*\*Waits for a person:\*\* paused by anna@secured1 \(load\)\./);
  await handle.signal('resume', { actor });
  expect(await handle.result()).toEqual({ result: 'done' });
  expect(await detailsOf(handle)).toBe(`Ended: done.\n\n\`tidegate rollout report ${id}\``);
  expect(await phaseOf(handle)).toBe('ended');
});

test('batches name their hosts, waves say which they are, and both are found by what they are about', async () => {
  const { waves, batches } = await lastWaves();
  expect(batches).toEqual([
    expect.stringMatching(/^web00\d$/),
    expect.stringMatching(/^web\[00\d[\d,-]*\]$/),
  ]);
  for (const [index, wave] of waves.entries()) {
    expect(wave.workflowId).toMatch(new RegExp(`^rollout/test/tgtest/wave-${index + 1}/[0-9a-f]{8}$`));
    const description = await wave.describe();
    expect(await description.staticSummary()).toBe(
      `tgtest 2.0-1: wave ${index + 1} of 2, ${index === 0 ? '1 host' : '3 hosts'}`,
    );
    expect(description.searchAttributes).toMatchObject({
      TidegateFleet: ['test'],
      TidegatePackage: ['tgtest'],
      TidegatePhase: ['wave'],
      TidegateFailedHosts: [0],
    });
  }
});

test('a wave tells which hosts could not be reached and when they are tried again, and counts what failed', async () => {
  fleet.preinstall(first);
  fleet.hosts[1]!.sandbox.run('touch /etc/fault');
  const plan = await fleet.plan(
    {
      waves: ['100%'],
      budget: { stopAt: 4, firstWaveStopAt: 4 },
      unreachable: { tries: 2, within: '2s', pauseOver: '100%' },
      checks: ['test ! -e /etc/fault'],
    },
    second,
  );
  fleet.hosts[3]!.stopSshd();
  const { handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'incomplete' });
  const { waves, batches, timers } = await lastWaves();
  expect(batches).toEqual(['web[000-003]', 'web003']);
  expect(timers).toEqual(['try 2 of 2: web003']);
  expect((await waves[0]!.describe()).searchAttributes).toMatchObject({ TidegateFailedHosts: [1] });
  expect((await handle.describe()).searchAttributes).toMatchObject({ TidegateFailedHosts: [1] });
});

test('a rollout outside its window says when that opens', async () => {
  const hour = (offset: number) => `${String((new Date().getUTCHours() + offset) % 24).padStart(2, '0')}:00`;
  const window = { from: hour(3), to: hour(5) };
  fleet.hosts[3]!.changeKey();
  fleet.preinstall(first);
  const { handle } = await fleet.rollout(await fleet.plan({ waves: ['100%'], window }, second));
  await until(async () => (await phaseOf(handle)) === 'waiting for the window');
  expect(await detailsOf(handle)).toMatch(
    new RegExp(`^Waits for the maintenance window, which opens at \\S+ ${window.from} UTC\\.$`),
  );
  await handle.signal('abort', { actor });
  expect(await handle.result()).toEqual({ result: 'aborted' });
});

test('what only asks is found by what it is about, too', async () => {
  fleet.preinstall(first);
  writeFileSync(join(fleet.home.folder, 'plan.yaml'), 'package: tgtest\nhosts: all\n');
  await tidegate.run('hosts', 'check');
  await tidegate.run('rollout', 'plan', 'plan.yaml');
  await tidegate.run('rollout', 'check', 'plan.yaml');
  const shown = await Promise.all(
    ['checkHosts', 'checkRollout', 'planRollout'].map(async (type) => {
      const handle = await newestOf(fleet.client, type);
      const description = await handle.describe();
      return [await description.staticSummary(), description.searchAttributes.TidegatePackage];
    }),
  );
  expect(shown).toEqual([
    ["asking the hosts of 'all'", undefined],
    [expect.stringMatching(/^checking 4 hosts of p-/), ['tgtest']],
    ['planning plan.yaml: asking the hosts', ['tgtest']],
  ]);
});

/** Of the newest rollout: its waves, and the summaries of their batches and timers, oldest first. */
async function lastWaves(): Promise<{ waves: WorkflowHandle[]; batches: string[]; timers: string[] }> {
  const { raw } = await (await newestOf(fleet.client, 'rollout')).describe();
  const runId = raw.workflowExecutionInfo?.execution?.runId;
  const found: WorkflowHandle[] = [];
  const query = `WorkflowType = 'wave' AND RootRunId = '${runId}'`;
  for await (const { workflowId, runId: run } of fleet.client.workflow.list({ query }))
    found.unshift(fleet.client.workflow.getHandle(workflowId, run));
  const batches: string[] = [];
  const timers: string[] = [];
  for (const wave of found)
    for (const event of (await wave.fetchHistory()).events ?? []) {
      const payload = event.userMetadata?.summary;
      const summary = payload ? String(defaultPayloadConverter.fromPayload(payload)) : '';
      if (event.activityTaskScheduledEventAttributes?.activityType?.name === 'runBatch')
        batches.push(summary);
      if (event.timerStartedEventAttributes) timers.push(summary);
    }
  return { waves: found, batches, timers };
}

async function phaseOf(handle: WorkflowHandle): Promise<unknown> {
  return (await handle.describe()).searchAttributes.TidegatePhase?.[0];
}

/** What the Temporal UI shows under User Metadata. */
async function detailsOf(handle: WorkflowHandle): Promise<string | undefined> {
  const { currentDetails } = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return currentDetails;
}
