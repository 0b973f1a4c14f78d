import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TidegateError } from '../model/errors';
import type { Fault, FaultOptions } from './faults/fault';
import { planted, rpmLock } from './faults/files';
import { fullDisk } from './faults/full-disk';
import { drop, flood, stall, tarpit } from './faults/network';
import { off, reboot } from './faults/power';
import { changedKey, hang, stopped } from './faults/sshd';
import { hostFolder, hostOf, type Lab, type LabHost } from './lab';

/** Every way to break a host, in the order of the help. */
export const faults: readonly Fault[] = [
  ...[planted, stopped, hang, changedKey, rpmLock, fullDisk, reboot, off],
  ...[tarpit, flood, drop, stall],
];

/**
 * Makes a host of the lab misbehave until it is mended; one fault of a kind at a time.
 * @throws TG_LAB_HOST for a host that is not the lab's, TG_LAB_FAULT
 */
export async function breakHost(
  lab: Lab,
  name: string,
  fault: string,
  options: FaultOptions = {},
): Promise<void> {
  const host = hostOf(lab, name);
  const found = faultNamed(fault);
  const given = Object.keys(options).filter((key) => options[key as keyof FaultOptions] !== undefined);
  const strange = given.find((key) => !(found.takes as readonly string[] | undefined)?.includes(key));
  if (strange) throw new TidegateError('TG_LAB_FAULT', `${fault} takes no ${strange}`);
  const present = faultsOf(lab, host.name);
  refuseSecond(lab, present, found, host);
  await found.break(lab, host, options);
  const stays =
    found === off || found === reboot ? present.filter((other) => !faultNamed(other).endsWithBoot) : present;
  await writeFaults(lab, host, found.momentary ? stays : [...stays, found.name]);
}

/**
 * Mends one fault of a host, or all that it has; the last one first.
 * @throws TG_LAB_HOST, TG_LAB_FAULT
 */
export async function mendHost(lab: Lab, name: string, fault?: string): Promise<void> {
  const host = hostOf(lab, name);
  const present = faultsOf(lab, name);
  const chosen = fault === undefined ? present : [faultNamed(fault).name];
  let left = present;
  for (const each of chosen.filter((one) => present.includes(one)).reverse()) {
    await faultNamed(each).mend(lab, host);
    left = left.filter((other) => other !== each);
    await writeFaults(lab, host, left);
  }
}

/** @returns the names of the faults that the host has now. */
export function faultsOf(lab: Lab, name: string): readonly string[] {
  const path = faultsFile(lab, hostOf(lab, name));
  return existsSync(path) ? z.array(z.string()).parse(JSON.parse(readFileSync(path, 'utf8'))) : [];
}

function faultNamed(name: string): Fault {
  const fault = faults.find((candidate) => candidate.name === name);
  if (!fault) {
    const known = faults.map((candidate) => candidate.name).join(', ');
    throw new TidegateError('TG_LAB_FAULT', `there is no fault «${name}»; there are ${known}`);
  }
  return fault;
}

/** Two relays, or a relay before a host that is off, would not come apart again. */
function refuseSecond(lab: Lab, present: readonly string[], fault: Fault, host: LabHost): void {
  const relays = [tarpit, flood, drop, stall].map(({ name }) => name);
  const clash = present.find(
    (name) =>
      name === fault.name ||
      name === off.name ||
      (relays.includes(name as never) && relays.includes(fault.name)),
  );
  if (clash === undefined) return;
  throw new TidegateError('TG_LAB_FAULT', {
    detail: `${host.name} is already ${clash}`,
    hosts: [host.name],
    next: `tidegate lab mend ${host.name} --name ${lab.name}`,
  });
}

async function writeFaults(lab: Lab, host: LabHost, names: readonly string[]): Promise<void> {
  const path = faultsFile(lab, host);
  await writeFile(`${path}.new`, JSON.stringify(names));
  await rename(`${path}.new`, path);
}

function faultsFile(lab: Lab, host: LabHost): string {
  return join(hostFolder(lab, host), 'faults.json');
}
