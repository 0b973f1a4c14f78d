import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf } from './boot';
import { cgroupFolders, isLabProcess } from './cgroups';
import { hostFolder, type Lab, type LabHost } from './lab';

export type RelayMode = 'tarpit' | 'flood' | 'drop' | 'stall';

interface RelayOrders {
  readonly mode: RelayMode;
  /** drop, stall: bytes from the host that still pass. */
  readonly afterBytes: number;
  /** Port of the host's address where its sshd is. */
  readonly to: number;
}

const lookEveryMs = 10;

/** Starts a relay on the host's address and port, in a process of the lab that outlives this one. */
export async function startRelay(lab: Lab, host: LabHost, orders: RelayOrders): Promise<void> {
  const log = await open(join(hostFolder(lab, host), 'relay.log'), 'w');
  const words = [host.address, host.port, orders.to, orders.mode, orders.afterBytes].map(String);
  const join0 = cgroupFolders(lab.name, groupOf(host)).map((folder) => `echo 0 >${folder}/cgroup.procs\n`);
  const relay = spawn('sh', ['-eu', '-c', `${join0.join('')}exec "$@"`, 'sh', ...program(), ...words], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  await writeFile(pidFile(lab, host), String(relay.pid));
  relay.unref();
}

export async function endRelay(lab: Lab, host: LabHost): Promise<void> {
  const path = pidFile(lab, host);
  if (!existsSync(path)) return;
  const pid = Number(readFileSync(path, 'utf8'));
  if (isLabProcess(lab.name, pid)) process.kill(pid, 'SIGKILL');
  while (isLabProcess(lab.name, pid)) await sleep(lookEveryMs);
  await rm(path);
}

function pidFile(lab: Lab, host: LabHost): string {
  return join(hostFolder(lab, host), 'relay.pid');
}

/** Compiled it is a program as it is; from source (in tests) node needs the tests' compiler. */
function program(): string[] {
  const extension = extname(__filename);
  const loader =
    extension === '.ts' ? ['--require', join(__dirname, '..', 'test', 'support', 'typescript.cjs')] : [];
  return [process.execPath, ...loader, join(__dirname, `relay-main${extension}`)];
}
