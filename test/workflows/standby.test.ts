import { hostname } from 'node:os';
import type { Rpm } from '../../model/artifact';
import { lockHolder } from '../../store/lock';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { until } from '../support/rollouts';
import { type ShippedWorker, startShippedWorker } from '../support/shipped-worker';

let fleet: TestFleet;
let first: Rpm;
let hanging: Rpm;
const started: ShippedWorker[] = [];

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 2, domains: 1 });
  first = await fleet.package('1.0');
  const post = 'while [ -e /etc/hang ]; do sleep 0.1; done';
  // The hosts' rpmdb knows of no shell.
  hanging = await fleet.package('2.0', { post, preamble: ['Provides: /bin/sh'] });
});

afterAll(async () => {
  for (const worker of started) await worker.kill();
  await fleet.stop();
});

test('a second worker is refused by name; one that stands by takes over from a killed one, and drains when told to', async () => {
  const holder = start();
  await holder.says(/ready/);
  const { err, code } = await fleet.tidegate(['worker']);
  expect(code).toBe(1);
  const { since } = (await lockHolder(fleet.home.lockFile))!;
  for (const word of ['TG_WORKER_RUNNING', `process ${holder.pid}`, hostname(), since, '--standby'])
    expect(err).toContain(word);

  const other = start('--standby');
  await other.says(new RegExp(`standing by: process ${holder.pid} of ${hostname()}`));
  const { handle, letGo } = await hangingRollout();
  await holder.kill();
  await other.says(/ready/);
  expect((await lockHolder(fleet.home.lockFile))?.pid).toBe(other.pid);
  letGo();
  expect(await handle.result()).toEqual({ result: 'done' });
  expectOneTransactionEach();

  expect(await other.stop()).toBe(0);
  expect(await lockHolder(fleet.home.lockFile)).toBeUndefined();
});

test('one that stands by and is told to stop ends well, and the worker goes on', async () => {
  const holder = start();
  await holder.says(/ready/);
  const other = start('--standby');
  await other.says(/standing by/);
  expect(await other.stop()).toBe(0);
  expect((await lockHolder(fleet.home.lockFile))?.pid).toBe(holder.pid);
  expect(await holder.stop()).toBe(0);
});

test('one that is told to stop drains in the middle of a transaction, and the next one attaches to it', async () => {
  const holder = start();
  await holder.says(/ready/);
  const hung = await hangingRollout();
  // One that does not come to its end by itself is ended with another code (test/workers/signals.test.ts).
  const code = await holder.stop();
  expect([code, holder.said()]).toEqual([0, expect.anything()]);
  expect(await lockHolder(fleet.home.lockFile)).toBeUndefined();
  const record = await fleet.record(hung.rollout);
  expect(record.inFlight().length).toBe(1);
  expect(record.failures()).toBe(0);
  await endedByTheNext(hung);
});

test('a second signal ends it at once, and neither a lock nor a lost operation is left behind', async () => {
  const holder = start();
  await holder.says(/ready/);
  const hung = await hangingRollout();
  holder.signal('SIGTERM');
  await holder.says(/stopping; once more ends it at once/);
  holder.signal('SIGTERM');
  expect(await holder.ended).toBe(130);
  expect(await lockHolder(fleet.home.lockFile)).toBeUndefined();
  await endedByTheNext(hung);
});

function start(...options: string[]): ShippedWorker {
  const worker = startShippedWorker(fleet.home.folder, options);
  started.push(worker);
  return worker;
}

/** Starts a rollout whose transaction on web001 hangs until `/etc/hang` is gone. @returns once it is under way. */
async function hangingRollout() {
  fleet.preinstall(first);
  const { sandbox } = fleet.hosts[1]!;
  sandbox.run('touch /etc/hang');
  const plan = await fleet.plan({ waves: ['100%'], caps: { total: 1 } }, hanging);
  const { rollout, handle } = await fleet.rollout(plan);
  const onIt = async () =>
    [...(await fleet.record(rollout)).hosts.values()].find(({ name }) => name === 'web001');
  await until(async () => (await onIt())?.running !== undefined);
  return { rollout, handle, letGo: () => sandbox.run('rm /etc/hang') };
}

/** The next worker attaches to the transaction, and the rollout comes to its end. */
async function endedByTheNext({ handle, letGo }: Awaited<ReturnType<typeof hangingRollout>>): Promise<void> {
  const next = start();
  await next.says(/ready/);
  letGo();
  expect(await handle.result()).toEqual({ result: 'done' });
  expectOneTransactionEach();
  expect(await next.stop()).toBe(0);
}

/** The first one is the control instance, on which patch and undo were rehearsed. */
function expectOneTransactionEach(): void {
  expect(fleet.hosts.map((host) => rpmCalls(host).length)).toEqual([3, 1]);
}
