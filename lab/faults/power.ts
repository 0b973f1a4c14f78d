import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidegateError } from '../../model/errors';
import { bootHosts, initOf, waitForListeners } from '../boot';
import { inside } from '../inside';
import { hostFolder, type Lab, type LabHost } from '../lab';
import type { Fault } from './fault';

/** A host's processes are gone some milliseconds after its init. */
const lookEveryMs = 5;
/** A full host is down within milliseconds after reboot(2), and has its next init as soon. */
const rebootLimitMs = 30_000;

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
    if (host.full && initOf(lab, host) !== undefined) return rebootItself(lab, host);
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

/** reboot(2), at once, as after a panic: no unit is stopped and nothing is waited for. */
async function rebootItself(lab: Lab, host: LabHost): Promise<void> {
  const before = initOf(lab, host);
  // What asks for it ends with the host: that its init is another tells whether it worked.
  await inside(lab, host, 'systemctl --force --force reboot').catch(() => undefined);
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const now = initOf(lab, host);
    if (now !== undefined && now !== before) return waitForListeners(lab, [host]);
    if (waitedMs >= rebootLimitMs) throw new TidegateError('TG_LAB_FAULT', `${host.name} does not reboot`);
    await sleep(lookEveryMs);
  }
}
