import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakHost } from '../../lab/break';
import { labDown } from '../../lab/down';
import { inside } from '../../lab/inside';
import { hostOf, type Lab } from '../../lab/lab';
import { homeAt } from '../../store/home';
import { type Server, startServer } from '../../workers/temporal/server';
import { kill, linesOf, startTypeScript } from '../support/child';
import { CommandLine } from '../support/command-line';
import { asRoot, rpmCalls, sharedLab } from '../support/lab';
import { keepPackage, makeRpm, signInPlace } from '../support/packages';

let lab: Lab;
let folder: string;
let server: Server;
let worker: ChildProcess;
let tidegate: CommandLine;
const web = () => lab.hosts.filter(({ role }) => role === 'web').map(({ name }) => name);
const full = () => lab.hosts.filter((host) => host.full).map(({ name }) => name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-full-'));
  lab = await sharedLab({ hosts: 5, domains: 2, full: 2 });
  const home = homeAt(lab.home);
  server = await startServer(home);
  worker = startTypeScript(join(__dirname, '../support/worker-main.ts'), lab.home);
  for await (const line of linesOf(worker)) if (line === 'ready') break;
  tidegate = new CommandLine(lab.home);
}, 600_000);

afterAll(async () => {
  await kill(worker);
  await server.stop();
  await labDown(lab.name);
  rmSync(folder, { recursive: true, force: true });
});

/** A package in the store, signed by the key that the lab's hosts trust; its scriptlet waits while it is held. */
async function packaged(version: string): Promise<Buffer> {
  const post = ': >/run/in-scriptlet; while [ -e /etc/hold ]; do sleep 0.05; done';
  const rpm = await makeRpm(folder, { name: 'tgtest', version, post });
  const signer = { gnupgHome: join(lab.home, 'gnupg'), name: 'signing@lab.invalid' };
  return (await keepPackage(homeAt(lab.home), await signInPlace(rpm, signer), lab.platform)).file;
}

test('a rollout over hosts with and without systemd ends well though one of them reboots in its operation', async () => {
  const first = await packaged('1.0');
  await packaged('2.0');
  const install =
    'cat >/var/tmp/first.rpm; rpm -U /var/tmp/first.rpm; rm /var/tmp/first.rpm /run/in-scriptlet';
  for (const { name } of lab.hosts)
    expect(await asRoot(lab, name, install, first)).toMatchObject({ code: 0 });
  const [rebooting, steady] = full();
  await asRoot(lab, rebooting!, ': >/etc/hold');
  writeFileSync(
    join(lab.home, 'plan.yaml'),
    JSON.stringify({
      package: 'tgtest',
      artifact: '2.0-1',
      hosts: 'role=web',
      waves: ['100%'],
      caps: { perDomain: '100%', startsPerSecond: 1000 },
      budget: { stopAt: 1 },
      restart: ['cron'],
      checks: [{ service: 'cron' }],
    }),
  );
  expect(await tidegate.run('rollout', 'plan', 'plan.yaml')).toMatchObject({ code: 0 });

  const cronBefore = await cronOf(steady!);
  const ended = tidegate.run('rollout', 'start', 'plan.yaml', '--yes', '--reason', 'reboot one');
  await inside(lab, hostOf(lab, rebooting!), 'until [ -e /run/in-scriptlet ]; do sleep 0.05; done');
  const bootBefore = await bootOf(rebooting!);
  await breakHost(lab, rebooting!, 'reboot');
  await inside(lab, hostOf(lab, rebooting!), 'rm /etc/hold');
  expect(await ended).toMatchObject({ code: 0, out: expect.stringMatching(/DONE {2}5 = 5 applied\n/) });

  expect(await bootOf(rebooting!)).not.toBe(bootBefore);
  for (const name of web())
    expect([
      name,
      (await asRoot(lab, name, 'rpm -q tgtest; rpm -V tgtest; cat /opt/tgtest/version')).stdout,
    ]).toEqual([name, 'tgtest-2.0-1.noarch\n2.0\n']);
  // Lost in the middle, gone over once; on all others it happened once.
  const codes = await Promise.all(web().map(async (name) => [name, await transactionsOf(name)]));
  expect(codes).toEqual(web().map((name) => [name, name === rebooting ? [undefined, 0] : [0]]));
  expect(await cronOf(steady!)).not.toBe(cronBefore);
  const events = (await tidegate.run('rollout', 'events')).out
    .split('\n')
    .filter((line) => line.includes('LOST'));
  expect(events.every((line) => line.includes(rebooting!))).toBe(true);
  expect(events).not.toEqual([]);

  const [rollout = ''] = /r-\w{8}/.exec((await tidegate.run('rollout', 'list')).out) ?? [];
  const back = await tidegate.run('rollout', 'rollback', rollout, '--yes', '--reason', 'as it was');
  expect(back.out).toMatch(/ROLLED BACK {2}5 = 5 rolled back\n/);
  expect((await asRoot(lab, rebooting!, 'rpm -q tgtest; rpm -V tgtest')).stdout).toBe(
    'tgtest-1.0-1.noarch\n',
  );
});

/** How the rollout's transactions on the host ended; trials change nothing, and the first was ours. */
async function transactionsOf(name: string): Promise<(number | undefined)[]> {
  const [, ...calls] = (await rpmCalls(lab, name)).filter(({ words }) => !words.includes('--test'));
  return calls.map(({ code }) => code);
}

const bootOf = async (name: string) => inside(lab, hostOf(lab, name), 'cat /proc/sys/kernel/random/boot_id');
const cronOf = async (name: string) => inside(lab, hostOf(lab, name), 'systemctl show -P InvocationID cron');
