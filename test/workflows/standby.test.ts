import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Rpm } from '../../model/artifact';
import { lockHolder } from '../../store/lock';
import { kill } from '../support/child';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { until } from '../support/rollouts';

const cli = join(__dirname, '../../dist/clients/cli.js');
let fleet: TestFleet;
let first: Rpm;
let hanging: Rpm;
const started: ChildProcess[] = [];

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 2, domains: 1, network: 220 });
  first = await fleet.package('1.0');
  const post = 'while [ -e /etc/hang ]; do sleep 0.1; done';
  // The hosts' rpmdb knows of no shell.
  hanging = await fleet.package('2.0', { post, preamble: ['Provides: /bin/sh'] });
  fleet.preinstall(first);
});

afterAll(async () => {
  for (const worker of started) await kill(worker);
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
  const { sandbox } = fleet.hosts[1]!;
  sandbox.run('touch /etc/hang');
  const plan = await fleet.plan({ waves: ['100%'], caps: { total: 1 } }, hanging);
  const { rollout, handle } = await fleet.rollout(plan);
  const onIt = async () =>
    [...(await fleet.record(rollout)).hosts.values()].find(({ name }) => name === 'web001');
  await until(async () => (await onIt())?.running !== undefined);
  await holder.kill();
  await other.says(/ready/);
  expect((await lockHolder(fleet.home.lockFile))?.pid).toBe(other.pid);
  sandbox.run('rm /etc/hang');
  expect(await handle.result()).toEqual({ result: 'done' });
  // The first one is the control instance, on which patch and undo were rehearsed.
  expect(fleet.hosts.map((host) => rpmCalls(host).length)).toEqual([3, 1]);

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

/** The worker as it is shipped, in a process of its own. */
function start(...options: string[]) {
  const child = spawn(process.execPath, [cli, 'worker', ...options], { cwd: fleet.home.folder });
  started.push(child);
  const exit = once(child, 'exit');
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  return {
    pid: child.pid,
    says: (wanted: RegExp) => until(() => wanted.test(said)),
    kill: () => kill(child),
    async stop(): Promise<number | null> {
      child.kill('SIGTERM');
      return (await exit)[0];
    },
  };
}
