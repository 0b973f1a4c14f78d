import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { initOf } from '../../lab/boot';
import { breakHost, mendHost } from '../../lab/break';
import { labsWithCgroups } from '../../lab/cgroups';
import { labDown } from '../../lab/down';
import { inside } from '../../lab/inside';
import { hostOf, type Lab } from '../../lab/lab';
import { labStatus } from '../../lab/status';
import { asRoot, sharedLab } from '../support/lab';
import { until } from '../support/rollouts';

let lab: Lab;
/** What a full host could reach of the machine's: its console, and the files that systemd makes in /dev. */
const devices = () => readdirSync('/dev').sort();
const devicesBefore = devices();

beforeAll(async () => {
  lab = await sharedLab({ hosts: 4, domains: 2, full: 2 });
}, 600_000);
afterAll(async () => {
  if (labsWithCgroups().includes(lab.name)) await labDown(lab.name);
});

const ask = async (host: string, command: string) => (await asRoot(lab, host, command)).stdout.trim();
const bootOf = (host: string) => ask(host, 'cat /proc/sys/kernel/random/boot_id');

test('full hosts are spread over the others, and a label says which they are', () => {
  expect(lab.hosts.filter(({ full }) => full).map(({ name }) => name)).toEqual(['web001', 'web003']);
  expect(readFileSync(`${lab.home}/fleet.yaml`, 'utf8')).toMatch(/web003: .* init: systemd/);
});

test('systemd is PID 1 of a full host, sshd a unit, and a login a session', async () => {
  expect(
    await ask('web001', 'cat /proc/1/comm; systemctl is-system-running --wait; systemctl is-active ssh cron'),
  ).toBe('systemd\nrunning\nactive\nactive');
  expect(await ask('web001', 'cat /proc/self/cgroup')).toMatch(/0::\/user.slice\/.*session-.*\.scope/);
  expect(await ask('web002', 'cat /proc/1/comm')).toBe('tini-static');
});

test('it has the golden image, rpm database and account of every host, and nothing of apt', async () => {
  expect(await ask('web001', 'rpm -q unzip; rpm -V unzip tidegate-lab-base; id -un')).toBe(
    'unzip-6.0-28.x86_64\nroot',
  );
  expect(await ask('web001', 'find /etc/apt -name "*.sources" -o -name "auth.conf*" -type f')).toBe('');
});

test('it reaches neither the settings of the kernel nor the devices of the machine', async () => {
  expect((await asRoot(lab, 'web001', 'echo 1 >/proc/sys/kernel/printk')).stderr).toContain('Read-only');
  expect(devices()).toEqual(devicesBefore);
});

test('break reboot reboots it at once, and only it', async () => {
  await ask('web001', 'touch /run/mine /srv/mine');
  const [before, other] = [await bootOf('web001'), initOf(lab, hostOf(lab, 'web003'))];
  await breakHost(lab, 'web001', 'reboot');
  expect(await bootOf('web001')).not.toBe(before);
  expect(await ask('web001', 'ls /run/mine /srv/mine 2>/dev/null')).toBe('/srv/mine');
  expect(initOf(lab, hostOf(lab, 'web003'))).toBe(other);
});

test('it reboots when it is told to from within, and stays down when it is switched off', async () => {
  const before = await bootOf('web003');
  await asRoot(lab, 'web003', 'systemctl reboot');
  await until(async () => ![before, ''].includes(await bootOf('web003')));
  await asRoot(lab, 'web003', 'systemctl poweroff');
  await until(async () => stateOf('web003') === 'down');
  await sleep(300);
  expect(stateOf('web003')).toBe('down');
  await breakHost(lab, 'web003', 'reboot');
  expect(await ask('web003', 'hostname')).toBe('web003');
});

test.each(['stopped', 'changed-key', 'off'])('%s is broken and mended on it as on others', async (fault) => {
  await breakHost(lab, 'web001', fault);
  expect((await asRoot(lab, 'web001', 'true')).code).toBe(255);
  await mendHost(lab, 'web001', fault);
  expect(await ask('web001', 'systemctl is-active ssh')).toBe('active');
});

test('down leaves no process, cgroup or mount of it', async () => {
  const inits = lab.hosts.map((host) => initOf(lab, host)!);
  expect(await inside(lab, hostOf(lab, 'web001'), 'hostname')).toBe('web001\n');
  await labDown(lab.name);
  expect(inits.filter((pid) => isRunning(pid))).toEqual([]);
  expect(labsWithCgroups()).not.toContain(lab.name);
  expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(lab.name);
  const lines = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => commandLine(pid));
  expect(lines.filter((line) => line.includes(lab.folder))).toEqual([]);
});

const stateOf = (name: string) => labStatus(lab.name).hosts.find((host) => host.name === name)!.state;

function isRunning(pid: number): boolean {
  const status = readIfThere(`/proc/${pid}/stat`);
  return status !== '' && !status.includes(') Z');
}

function commandLine(pid: string): string {
  return readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
