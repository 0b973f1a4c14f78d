import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readRun } from '../../clients/runs';
import type { Rpm } from '../../model/artifact';
import { type Server, startServer } from '../../workers/temporal/server';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { until, untilPhase } from '../support/rollouts';

let fleet: TestFleet;
let first: Rpm;
let second: Rpm;
let server: Server;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 3, domains: 1 });
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  fleet.preinstall(first);
  server = fleet.server;
  await fleet.work();
});

afterAll(async () => {
  await server.stop();
  await fleet.stop();
});

const calls = () => fleet.hosts.map((host) => rpmCalls(host).length);

test('a backup from before most of a rollout comes up held, and what hosts have done since is done nowhere twice', async () => {
  const file = join(fleet.folder, 'state.tgz');
  expect(await fleet.tidegate(['backup', file])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/TG_WORKER_RUNNING/),
  });
  const plan = await fleet.plan(
    { waves: [1, '100%'], gates: [1], budget: { stopAt: 3, firstWaveStopAt: 3 } },
    second,
  );
  const { rollout, handle } = await fleet.rollout(plan);
  await untilPhase(fleet, rollout, 'waiting for approval');
  await stop();
  expect((await fleet.tidegate(['backup', file])).code).toBe(0);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await fleet.tidegate(['backup', file])).code).toBe(2);

  await start();
  expect((await fleet.tidegate(['rollout', 'approve', rollout, '--wave', '1', '--yes'])).code).toBe(0);
  expect(await handle.result()).toEqual({ result: 'done' });
  // The first one is the control instance, on which patch and undo were rehearsed.
  expect(calls()).toEqual([3, 1, 1]);
  await stop();

  const epoch = Number(readFileSync(join(fleet.home.state, 'epoch'), 'utf8'));
  expect((await fleet.tidegate(['restore', file, '--yes'])).code).toBe(0);
  expect(readdirSync(fleet.home.folder).some((name) => name.startsWith('state-before-'))).toBe(true);
  expect(Number(readFileSync(join(fleet.home.state, 'epoch'), 'utf8'))).toBeGreaterThan(epoch);
  await start();
  await until(async () => (await fleet.record(rollout)).paused);
  expect(existsSync(join(fleet.home.state, 'restored.json'))).toBe(false);
  expect((await fleet.tidegate(['rollout', 'approve', rollout, '--wave', '1', '--yes'])).code).toBe(0);
  await untilPhase(fleet, rollout, 'paused');
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 1, pending: 2 });

  expect((await fleet.tidegate(['rollout', 'resume', rollout, '--yes'])).code).toBe(0);
  await until(async () => (await fleet.record(rollout)).ended !== undefined);
  expect(await fleet.troubles(rollout)).toEqual([
    expect.stringMatching(/^web\d+ quarantined TG_HOST_MOVED /),
    expect.stringMatching(/^web\d+ quarantined TG_HOST_MOVED /),
  ]);
  expect(calls()).toEqual([3, 1, 1]);

  // A person looks, and clears each: it has the patch, and is left with it.
  for (const { name } of [...(await fleet.record(rollout)).hosts.values()].filter(
    ({ state }) => state === 'quarantined',
  ))
    expect(await fleet.tidegate(['hosts', 'clear', name, '--reason', 'restored', '--yes'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('it has tgtest-2.0-1'),
    });
  await fleet.tidegate(['rollout', 'retry', rollout, '--yes']);
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 1, untouched: 2 });
  expect(calls()).toEqual([3, 1, 1]);
});

test('a run that comes back with a backup is ended in the record too, and nobody knows what it has sent', async () => {
  const running = fleet.tidegate(['run', 'all', '--parallel', '1', '--', 'sleep 5']);
  const ofRun = async () => (await readRun(fleet.home).catch(() => undefined))?.record;
  await until(async () => ((await ofRun())?.sent.size ?? 0) > 0);
  await stop();
  const file = join(fleet.folder, 'with-run.tgz');
  expect((await fleet.tidegate(['backup', file])).code).toBe(0);
  expect((await fleet.tidegate(['restore', file, '--yes'])).code).toBe(0);
  await start();
  await until(() => !existsSync(join(fleet.home.state, 'restored.json')));
  const record = (await ofRun())!;
  expect(record.ended?.result).toBe('incomplete');
  expect(record.counts()).toMatchObject({ unknown: 3 - record.counts().ok, 'not run': 0 });
  expect(record.counts().ok).toBeLessThan(3);
  const again = JSON.parse((await fleet.tidegate(['run', 'list', '-o', 'json'])).out);
  expect(JSON.stringify(again)).not.toContain('running');
  await running;
  await stop();
});

async function stop(): Promise<void> {
  await fleet.stopWorker();
  await server.stop();
}

/** On the same ports, where the client of the test looks for it. */
async function start(): Promise<void> {
  const ports = [server.address, server.uiUrl].map((address) => Number(address.split(':').at(-1)));
  server = await startServer(fleet.home, { port: ports[0]!, uiPort: ports[1]! });
  await fleet.work();
}
