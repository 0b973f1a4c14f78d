import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TidegateError } from '../model/errors';
import { labsFolder } from './cache';

const labHostSchema = z.object({
  name: z.string(),
  address: z.string(),
  port: z.number(),
  /** '' for the control instance. */
  domain: z.string(),
  role: z.enum(['web', 'control']),
  /** systemd is its PID 1, and it can reboot. A lab that an older version left has none. */
  full: z.boolean().default(false),
});
export type LabHost = z.infer<typeof labHostSchema>;

const labSchema = z.object({
  name: z.string(),
  /** Everything of the lab lies here, and goes with it. */
  folder: z.string(),
  /** A home as any fleet's: fleet.yaml, known_hosts, keys, gnupg. */
  home: z.string(),
  platform: z.string(),
  /** The n of its addresses 127.n.0.0/16. */
  block: z.number(),
  port: z.number(),
  /** CPUs that the hosts of a domain have together. */
  cpusPerDomain: z.number(),
  domains: z.array(z.string()),
  /** The control instance first. */
  hosts: z.array(labHostSchema),
  /** Lower layers, topmost first. */
  hostLayers: z.array(z.string()),
  controlLayers: z.array(z.string()),
  fullLayers: z.array(z.string()).default([]),
  vendorPackages: z.string(),
  vendorGnupg: z.string(),
});
/** A lab, as written down in its folder before anything of it is started. */
export type Lab = z.infer<typeof labSchema>;

const namePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** @throws TG_USAGE when a lab cannot be called so: the name becomes part of folders and cgroups. */
export function labFolder(name: string): string {
  if (!namePattern.test(name)) {
    throw new TidegateError(
      'TG_USAGE',
      `a lab's name is letters a-z, digits and dashes, at most 32: «${name}»`,
    );
  }
  return join(labsFolder(), name);
}

/** @returns the home that the lab makes. */
export function labHome(name: string): string {
  return join(labFolder(name), 'home');
}

/** @returns every lab that was written down, running or not. */
export function listLabs(): Lab[] {
  return readdirSync(labsFolder())
    .filter((name) => namePattern.test(name) && existsSync(labFile(name)))
    .map(readLab);
}

export function labExists(name: string): boolean {
  return existsSync(labFolder(name));
}

/** @returns the error that says which labs there are instead. */
export function labMissing(name: string): TidegateError {
  const [other, ...more] = listLabs().map((lab) => lab.name);
  if (other === undefined) return new TidegateError('TG_LAB_MISSING', `no lab «${name}»`);
  return new TidegateError('TG_LAB_MISSING', {
    detail: `no lab «${name}»; there is ${[other, ...more].join(', ')}`,
    next: `tidegate lab status --name ${other}`,
  });
}

/** @throws TG_LAB_MISSING */
export function readLab(name: string): Lab {
  const path = labFile(name);
  if (!existsSync(path)) throw labMissing(name);
  return labSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

export async function writeLab(lab: Lab): Promise<void> {
  const path = labFile(lab.name);
  await writeFile(`${path}.new`, JSON.stringify(lab, null, 1));
  await rename(`${path}.new`, path);
}

/** Where a host's own files lie: upper and work layers, pid, console.log. */
export function hostFolder(lab: Lab, host: LabHost): string {
  return join(lab.folder, 'hosts', host.name);
}

/** @returns the lower layers of the host, topmost first. */
export function layersOf(lab: Lab, host: LabHost): readonly string[] {
  if (host.role === 'control') return lab.controlLayers;
  return host.full ? lab.fullLayers : lab.hostLayers;
}

export function controlOf(lab: Lab): LabHost {
  return lab.hosts.find(({ role }) => role === 'control')!;
}

/**
 * The one door to breaking things: a name that is not a host of this lab goes no further.
 * @throws TG_LAB_HOST
 */
export function hostOf(lab: Lab, name: string): LabHost {
  const host = lab.hosts.find((candidate) => candidate.name === name);
  if (!host)
    throw new TidegateError('TG_LAB_HOST', {
      detail: `lab «${lab.name}» has no host ${name}`,
      hosts: [name],
      next: `tidegate lab status --name ${lab.name}`,
    });
  return host;
}

function labFile(name: string): string {
  return join(labFolder(name), 'lab.json');
}
