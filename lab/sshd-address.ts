import type { LabHost } from './lab';

/** @returns a line of sshd_config: the host's sshd takes no other host's address. */
export function renderListenAddress({ address, port }: Pick<LabHost, 'address' | 'port'>): string {
  return `ListenAddress ${address}:${port}\n`;
}
