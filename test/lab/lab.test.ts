import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { labProcesses, labsWithCgroups } from '../../lab/cgroups';
import { labDown } from '../../lab/down';
import { hostFolder, type Lab, readLab } from '../../lab/lab';
import { labStatus } from '../../lab/status';
import { labUp } from '../../lab/up';
import { asRoot, rpmCalls, sharedLab } from '../support/lab';

let lab: Lab;
beforeAll(async () => {
  lab = await sharedLab({ hosts: 4, domains: 2 });
}, 600_000);
afterAll(() => labDown(lab.name));

const ask = async (host: string, command: string) => (await asRoot(lab, host, command)).stdout.trim();

test('every host answers with its own name over OpenSSH with strict host keys', async () => {
  const names = lab.hosts.map(({ name }) => name);
  expect(await Promise.all(names.map((name) => ask(name, 'hostname')))).toEqual(names);
  expect(labStatus(lab.name).hosts.map(({ state }) => state)).toEqual(names.map(() => 'up'));
});

test('the automation account has no password, and is root through sudo', async () => {
  expect(await ask('web001', 'getent shadow tidegate | cut -d: -f2; id -u')).toBe('*\n0');
});

test('a host sees only its own processes, mounts and cron daemon', async () => {
  expect(await ask('web001', 'cat /proc/1/comm; pgrep -x cron | wc -l')).toBe('tini-static\n1');
  const mounts = await ask('web001', 'cut -d" " -f2 /proc/mounts');
  expect(mounts.split('\n')).toEqual(['/', '/run', '/dev/pts', '/proc', '/proc/sys/kernel/random/boot_id']);
});

test('what one host changes is not on another: files, rpmdb, crontab', async () => {
  await ask('web001', 'touch /etc/mine; rpm -e unzip; echo "1 1 * * * true" | crontab -u tidegate -');
  expect(
    await ask('web002', 'ls /etc/mine 2>/dev/null; rpm -q unzip; crontab -l -u tidegate | grep -c hostname'),
  ).toBe('unzip-6.0-28.x86_64\n1');
  expect(await ask('web001', 'ls /etc/mine; rpm -q unzip; type unzip || true')).toContain('not installed');
});

test("a domain's hosts are in a cgroup with its share of the CPUs", async () => {
  const { lab: seen, pressure } = labStatus(lab.name);
  expect(seen.domains).toEqual(['lpar1', 'lpar2']);
  const pids = labProcesses(lab.name);
  expect(pids.length).toBeGreaterThanOrEqual(4 * lab.hosts.length);
  const group = readFileSync(
    `/proc/${readFileSync(join(hostFolder(lab, lab.hosts[1]!), 'pid'), 'utf8').trim()}/cgroup`,
    'utf8',
  );
  expect(group).toContain(`tidegate-lab-${lab.name}/lpar1`);
  expect([...pressure.keys()].every((domain) => seen.domains.includes(domain))).toBe(true);
});

test('rpm resolves against the base package, and refuses what is not signed by a key that it knows', async () => {
  expect(
    await ask(
      'web002',
      'rpm -V unzip tidegate-lab-base && rpm -q --whatprovides "libc.so.6()(64bit)" /bin/sh',
    ),
  ).toBe('tidegate-lab-base-12-1.x86_64\ntidegate-lab-base-12-1.x86_64');
  const unzip = readFileSync(join(lab.vendorPackages, 'unzip-6.0-28.x86_64.rpm'));
  const install = 'cat >/var/tmp/unzip.rpm; rpm -U --replacepkgs /var/tmp/unzip.rpm';
  expect((await asRoot(lab, 'web004', install, unzip)).code).toBe(0);
  await ask('web004', 'rpm -qa gpg-pubkey | xargs rpm -e');
  const refused = await asRoot(lab, 'web004', install, unzip);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('does not verify');
});

test('the witness writes down each transaction with its end, and no query', async () => {
  const before = await rpmCalls(lab, 'web003');
  const { code } = await asRoot(
    lab,
    'web003',
    'rpm -q unzip; rpm -qi unzip; rpm -V unzip; rpm -e unzip; rpm -e nonesuch',
  );
  expect(code).toBe(1);
  const calls = (await rpmCalls(lab, 'web003')).slice(before.length);
  expect(calls.map(({ words, code: exit }) => [words, exit])).toEqual([
    [['-e', 'unzip'], 0],
    [['-e', 'nonesuch'], 1],
  ]);
  expect(calls.every(({ beganNs, endedNs }) => endedNs! > beganNs)).toBe(true);
});

test('the witness passes stdin, signals and the exit status through', async () => {
  const { stdout } = await asRoot(
    lab,
    'web003',
    `cd /tmp
     printf '#!/bin/sh\nread -r line; echo "read $line"; trap "echo got INT" INT; trap "echo got TERM; exit 7" TERM
       echo >ready; while :; do sleep 0.1; done\n' >real
     chmod +x real
     sed -e 's|^real=.*|real=/tmp/real|' -e 's|^log=.*|log=/tmp/log|' -e 's|--force-debian||' /usr/bin/rpm >witness
     (until [ -e ready ]; do sleep 0.1; done; kill -INT $(cat pid); sleep 0.5; kill -TERM $(cat pid)) &
     echo input | sh -c 'echo $$ >pid; exec sh ./witness -U x.rpm'
     echo "exit $?"; cut -f 1,4 log`,
  );
  expect(stdout.trim().split('\n')).toEqual([
    'read input',
    'got INT',
    'got TERM',
    'exit 7',
    'begin\t-U',
    'end\t7',
  ]);
});

test('the control instance builds, and reaches the source archive', async () => {
  expect(await ask('ctl1', 'gcc --version >/dev/null && rpmbuild --version && id -un builder')).toContain(
    'builder',
  );
  expect(await ask('ctl1', 'apt-get -qq source --print-uris unzip=6.0-28')).toContain('unzip_6.0.orig.tar');
  expect((await asRoot(lab, 'web001', 'command -v gcc')).code).not.toBe(0);
  expect(await ask('web001', 'find /etc/apt -name "*.sources" -o -name "auth.conf*" -type f')).toBe('');
});

test('the home has a key that only its owner reads, and names every host in known_hosts', () => {
  expect(statSync(join(lab.home, 'keys', 'automation')).mode & 0o777).toBe(0o600);
  const names = readFileSync(join(lab.home, 'known_hosts'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',')[0]);
  expect(names).toEqual(lab.hosts.map(({ name }) => name));
});

test('a name that is taken is refused', async () => {
  await expect(labUp({ name: lab.name, hosts: 1, domains: 1 })).rejects.toMatchObject({
    code: 'TG_LAB_EXISTS',
  });
  await expect(labUp({ name: '../x', hosts: 1, domains: 1 })).rejects.toMatchObject({ code: 'TG_USAGE' });
  expect(() => readLab('nonesuch')).toThrow(expect.objectContaining({ code: 'TG_LAB_MISSING' }));
});

test('two labs side by side share no address; down leaves no process, cgroup, mount or file', async () => {
  const other = await sharedLab({ hosts: 3, domains: 1 });
  expect(other.block).not.toBe(lab.block);
  await labDown(other.name);
  expect(existsSync(other.folder)).toBe(false);
  expect(labsWithCgroups()).not.toContain(other.name);
  expect(labProcesses(other.name)).toEqual([]);
  expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(other.name);
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine);
  expect(commands.filter((line) => line.includes(other.folder))).toEqual([]);
  await expect(labDown(other.name)).rejects.toMatchObject({ code: 'TG_LAB_MISSING' });
  expect(labStatus(lab.name).hosts.every(({ state }) => state === 'up')).toBe(true);
});

function commandLine(pid: string): string {
  try {
    return execFileSync('cat', [`/proc/${pid}/cmdline`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
