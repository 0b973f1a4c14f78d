import { listeners } from './addresses';
import { initOf } from './boot';
import { readPressure } from './cgroups';
import { type Lab, type LabHost, readLab } from './lab';

interface LabHostStatus extends LabHost {
  /** `up`: it listens; `silent`: it runs and nothing listens on its address; `down`: no process. */
  readonly state: 'up' | 'silent' | 'down';
}

interface LabStatus {
  readonly lab: Lab;
  readonly hosts: readonly LabHostStatus[];
  /** domain → the kernel's cpu.pressure (`some avg10=…`), where it keeps one. */
  readonly pressure: ReadonlyMap<string, string>;
}

/** @throws TG_LAB_MISSING */
export function labStatus(name: string): LabStatus {
  const lab = readLab(name);
  const open = new Set(listeners().map(({ address, port }) => `${address}:${port}`));
  const hosts = lab.hosts.map((host): LabHostStatus => {
    if (initOf(lab, host) === undefined) return { ...host, state: 'down' };
    return { ...host, state: open.has(`${host.address}:${host.port}`) ? 'up' : 'silent' };
  });
  const pressure = lab.domains.map((domain) => [domain, readPressure(lab.name, domain)] as const);
  return { lab, hosts, pressure: new Map(pressure.filter((entry): entry is [string, string] => !!entry[1])) };
}
