import { initOf, waitForListeners } from '../boot';
import { inside } from '../inside';
import type { Lab, LabHost } from '../lab';
import { endRelay, type RelayMode, startRelay } from '../relay';
import { readSshdPort, renderListenAddress, sshdAddressFile, writeSshdPort } from '../sshd-address';
import type { Fault, FaultOptions } from './fault';
import { restartSshd } from './sshd';

/** Where a host's sshd goes while a relay has its port. */
const behindRelay = 10_000;

export const tarpit = networkFault('tarpit', 'lines of a banner, one every second, for ever');
export const flood = networkFault('flood', 'a banner without end, as fast as it is read');
export const drop = networkFault('drop', 'the connection is reset after --after-bytes of the host', [
  'afterBytes',
]);
export const stall = networkFault('stall', 'the connection goes silent after --after-bytes of the host', [
  'afterBytes',
]);

/** A relay takes the host's address; its sshd moves to another port behind it, and stays there over a reboot. */
function networkFault(name: RelayMode, summary: string, takes: (keyof FaultOptions)[] = []): Fault {
  return {
    name,
    summary,
    takes,
    break: async (lab, host, { afterBytes = 0 }) => {
      const behind = { ...host, port: host.port + behindRelay };
      await moveSshd(lab, host, behind);
      await startRelay(lab, host, { mode: name, afterBytes, to: behind.port });
      await waitForListeners(lab, [host]);
    },
    mend: async (lab, host) => {
      await endRelay(lab, host);
      await moveSshd(lab, host, host);
    },
  };
}

async function moveSshd(lab: Lab, host: LabHost, to: LabHost): Promise<void> {
  if (readSshdPort(lab, host) === to.port) return;
  if (initOf(lab, host) === undefined) return writeSshdPort(lab, host, to.port);
  const script = `printf %s "$1" >/etc/ssh/${sshdAddressFile}\n${restartSshd}`;
  await inside(lab, host, script, renderListenAddress(to));
  await waitForListeners(lab, [to]);
}
