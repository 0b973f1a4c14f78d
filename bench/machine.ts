import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { z } from 'zod';
import { findTemporal } from '../workers/temporal/find';
import { versionOf } from './install';

export const machineSchema = z.object({
  cores: z.number(),
  processor: z.string(),
  memoryGiB: z.number(),
  kernel: z.string(),
  distribution: z.string(),
  versions: z.record(z.string(), z.string()),
});
export type Machine = z.infer<typeof machineSchema>;

/** What the figures were measured on, without its name. */
export async function describeMachine(): Promise<Machine> {
  const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release().split('-')[0] ?? '',
    distribution: name ?? 'unknown',
    versions: {
      Node: process.versions.node,
      // A program that was built from its module has no version of its own.
      'Temporal server': versionOf(await findTemporal(), '--version', /(?<=Server )[\d.]+/) ?? 'unknown',
      OpenSSH: versionOf('ssh', '-V') ?? 'unknown',
    },
  };
}
