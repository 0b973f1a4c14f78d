import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidegateError } from '../model/errors';
import { listeners } from './addresses';
import { cgroupFolders, isLabProcess } from './cgroups';
import { imageFile } from './image-files';
import { hostFolder, type Lab, type LabHost, layersOf } from './lab';
import { programPath } from './needs';
import { readSshdPort } from './sshd-address';

/** The cgroup of the control instance, which is in no domain. */
const controlGroup = 'control';
/** Shells that start hosts side by side: enough to keep a few cores busy, each with little to hold. */
const starters = 8;
/** 1,000 hosts take 24 s on 2 cores; four times that is a machine in trouble. */
const bootLimitMs = 100_000;
const lookEveryMs = 50;

/** @returns the cgroup that the host's processes are in; below that of a full one its systemd makes more. */
export function groupOf(host: LabHost): string {
  return host.full ? join(host.domain, host.name) : host.domain || controlGroup;
}

/**
 * Boots hosts, whose folders are made, and returns when each listens on its address.
 * They live on after this process.
 * @throws TG_LAB_BOOT with the hosts that do not listen
 */
export async function bootHosts(lab: Lab, hosts: readonly LabHost[]): Promise<void> {
  await mkdir(join(lab.folder, 'root'), { recursive: true });
  const shares = Array.from({ length: Math.min(starters, hosts.length) }, (_, share) =>
    hosts.filter((_host, index) => index % starters === share),
  );
  await Promise.all(shares.map((share) => startHosts(lab, share)));
  await waitForListeners(
    lab,
    hosts.map((host) => ({ ...host, port: readSshdPort(lab, host) })),
  );
}

/** @returns the machine's PID of the host's init, or undefined when the host is down. */
export function initOf(lab: Lab, host: LabHost): number | undefined {
  const path = join(hostFolder(lab, host), 'pid');
  const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  return pid > 0 && isLabProcess(lab.name, pid) ? pid : undefined;
}

async function startHosts(lab: Lab, hosts: readonly LabHost[]): Promise<void> {
  const shell = spawn('sh', [imageFile('boot-hosts.sh'), ...cgroupFolders(lab.name, controlGroup)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: programPath, LC_ALL: 'C.UTF-8' },
  });
  shell.stdin!.end(hosts.map((host) => `${startLine(lab, host)}\n`).join(''));
  await once(shell, 'exit');
}

function startLine(lab: Lab, host: LabHost): string {
  return [
    hostFolder(lab, host),
    host.name,
    layersOf(lab, host).join(':'),
    join(lab.folder, 'root'),
    host.full ? 'full' : 'plain',
    ...cgroupFolders(lab.name, groupOf(host)),
  ].join(' ');
}

/** Returns when each host listens on its address. @throws TG_LAB_BOOT when one is dead or does not in time */
export async function waitForListeners(lab: Lab, hosts: readonly LabHost[]): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const open = new Set(listeners().map(({ address, port }) => `${address}:${port}`));
    const missing = hosts.filter(({ address, port }) => !open.has(`${address}:${port}`));
    if (missing.length === 0) return;
    const dead = missing.filter((host) => initOf(lab, host) === undefined);
    if (dead.length > 0) throw bootFailure(lab, dead, 'ended while booting');
    if (waitedMs >= bootLimitMs)
      throw bootFailure(lab, missing, `do not listen after ${bootLimitMs / 1000} s`);
    await sleep(lookEveryMs);
  }
}

function bootFailure(lab: Lab, hosts: readonly LabHost[], what: string): TidegateError {
  const [first] = hosts;
  const said = readFileSync(join(hostFolder(lab, first!), 'console.log'), 'utf8').trim();
  return new TidegateError('TG_LAB_BOOT', {
    detail: `${hosts.length} hosts ${what}; ${first!.name}: ${said || 'said nothing'}`,
    hosts: hosts.map(({ name }) => name),
  });
}
