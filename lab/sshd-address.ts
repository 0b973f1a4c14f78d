import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostFolder, type Lab, type LabHost } from './lab';

/**
 * Where a host's sshd listens: its own address and no other host's. A file of its sshd_config.d, below /etc/ssh.
 */
export const sshdAddressFile = 'sshd_config.d/address.conf';

export function renderListenAddress({ address, port }: Pick<LabHost, 'address' | 'port'>): string {
  return `ListenAddress ${address}:${port}\n`;
}

/** @returns the port of the host's sshd: not the host's own while a relay has that. */
export function readSshdPort(lab: Lab, host: LabHost): number {
  return Number(readFileSync(pathOf(lab, host), 'utf8').trim().split(':')[1]);
}

/** For a host that is down; the file of a running one is written from within. */
export async function writeSshdPort(lab: Lab, host: LabHost, port: number): Promise<void> {
  await writeFile(pathOf(lab, host), renderListenAddress({ ...host, port }));
}

function pathOf(lab: Lab, host: LabHost): string {
  return join(hostFolder(lab, host), 'upper', 'etc', 'ssh', sshdAddressFile);
}
