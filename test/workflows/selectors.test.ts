import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';

const cli = join(__dirname, '../../dist/clients/cli.js');

let fleet: TestFleet;
let first: Rpm;
let second: Rpm;
/** A rollout that left web001 as it was, because its check failed there. */
let rollout: string;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 3, domains: 1 });
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  await fleet.work();
  fleet.preinstall(first);
  fleet.hosts[1]!.sandbox.run('touch /etc/fault');
  const limits = { budget: { stopAt: 3, firstWaveStopAt: 3 }, checks: ['test ! -e /etc/fault'] };
  const begun = await fleet.rollout(await fleet.plan({ waves: ['100%'], ...limits }, second));
  rollout = begun.rollout;
  await begun.handle.result();
});

afterAll(() => fleet.stop());

test('hosts check asks the hosts that a rollout left failed, and no other', () => {
  const { out } = tidegate('hosts', 'check', `@${rollout.slice(0, 10)}:failed`, '-o', 'json');
  expect(JSON.parse(out)).toMatchObject({ hosts: 1 });
});

test.each([
  ['failed ones of a rollout', () => `@${rollout.slice(0, 8)}:failed`],
  ['one host named twice', () => 'web001, web001, web[001-001]'],
  ['every host', () => 'all'],
  ['every host but those that a rollout changed', () => `all & !@${rollout}:applied`],
])('a plan for %s changes those that can change', (_, hosts) => {
  writePlan(hosts());
  const { code, out } = tidegate('rollout', 'plan', 'plan.yaml', '-o', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(out).hosts.map(({ name }: { name: string }) => name)).toEqual(['web001']);
});

test.each([
  ['@r-0000000000:failed', 'TG_ROLLOUT_NOT_FOUND  no rollout r-0000000000'],
  ['web* & !web*', 'TG_SELECTOR_EMPTY  "web* & !web*" matches none of 3 hosts'],
  ['app=none', 'TG_SELECTOR_EMPTY  "app=none", position 1: no host has a label app'],
  ['web001, web009', 'TG_HOST_NOT_FOUND  "web001, web009": no host is named web009'],
])('a plan for %s is refused by name', (hosts, why) => {
  writePlan(hosts);
  const { code, err } = tidegate('rollout', 'plan', 'plan.yaml');
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(why) });
});

test('retry takes the hosts that the selector means, and the record names them', async () => {
  fleet.hosts[1]!.sandbox.run('rm /etc/fault');
  const { code } = tidegate('rollout', 'retry', rollout, '--hosts', `@${rollout}:failed`, '--yes');
  expect(code).toBe(0);
  expect(fleet.versions()).toEqual(['2.0', '2.0', '2.0']);
  expect(tidegate('rollout', 'events', rollout).out).toMatch(/asked {4}retry by \S+ \(claimed\), web001\n/);
});

function writePlan(hosts: string): void {
  writeFileSync(
    join(fleet.home.folder, 'plan.yaml'),
    JSON.stringify({ package: second.name, hosts, artifact: '2.0-1' }),
  );
}

function tidegate(...words: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
    cwd: fleet.home.folder,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}
