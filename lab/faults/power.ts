import { setTimeout as sleep } from 'node:timers/promises';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bootHosts, initOf } from '../boot';
import { hostFolder, type Lab, type LabHost } from '../lab';
import type { Fault } from './fault';

/** A host's processes are gone some milliseconds after its init. */
const lookEveryMs = 5;

export const off: Fault = {
  name: 'off',
  summary: 'every process is killed, as when the power goes',
  break: cutPower,
  mend: boot,
};

export const reboot: Fault = {
  name: 'reboot',
  summary: 'every process is killed, then the host boots',
  momentary: true,
  break: async (lab, host) => {
    await cutPower(lab, host);
    await boot(lab, host);
  },
  mend: async () => {},
};

/** The kernel kills all of a PID namespace when its init dies. */
async function cutPower(lab: Lab, host: LabHost): Promise<void> {
  const init = initOf(lab, host);
  if (init === undefined) return;
  process.kill(init, 'SIGKILL');
  while (initOf(lab, host) !== undefined) await sleep(lookEveryMs);
}

async function boot(lab: Lab, host: LabHost): Promise<void> {
  // /run is a tmpfs and gone by itself; systemd-tmpfiles would clear /tmp.
  await rm(join(hostFolder(lab, host), 'upper', 'tmp'), { recursive: true, force: true });
  await bootHosts(lab, [host]);
}
