import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { machineSchema } from '../machine';

/** What one rollout over simulated hosts cost, and came to. */
export const measuredSchema = z
  .object({
    hosts: z.number(),
    planSeconds: z.number(),
    rolloutSeconds: z.number(),
    /** Of worker and server, for the rollout alone. */
    cpuSeconds: z.number(),
    workerPeakMiB: z.number(),
    serverPeakMiB: z.number(),
    counts: z.record(z.string(), z.number()),
    /** Hosts of which ledger and simulation do not say the same, or on which an operation ran more often than it may. */
    disagreements: z.array(z.string()),
    events: z.number(),
    largestHistory: z.object({ events: z.number(), workflow: z.string() }),
    largestPayload: z.object({ bytes: z.number(), event: z.string() }),
    disturbed: z
      .object({
        pause: z.object({
          /** From the command line's start to the last operation that began on a host. */
          effectSeconds: z.number(),
          /** From the command line's start to its end. */
          commandSeconds: z.number(),
          /** Operations that began on hosts after the command had returned. */
          begunAfter: z.number(),
        }),
        killed: z.object({
          /** Applies begun when the worker was killed. */
          atHosts: z.number(),
          /** From the kill to the next operation that began, by the next worker. */
          recoverySeconds: z.number(),
          peakMiB: z.number(),
          cpuSeconds: z.number(),
        }),
      })
      .optional(),
  })
  .readonly();
export type Measured = z.infer<typeof measuredSchema>;
export type Disturbed = NonNullable<Measured['disturbed']>;

const resultsSchema = z.object({ machine: machineSchema, runs: z.array(measuredSchema) });
export type Results = z.infer<typeof resultsSchema>;

/** Keeps runs beside those that a file has of other sizes. @returns all of them, the largest last */
export function keepRuns(path: string, { machine, runs }: Results): Results {
  const kept = existsSync(path) ? resultsSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).runs : [];
  const others = kept.filter((old) => !runs.some((run) => isSameKind(old, run)));
  const all = [...others, ...runs].sort((a, b) => a.hosts - b.hosts);
  mkdirSync(dirname(path), { recursive: true });
  const rounded = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
  writeFileSync(path, `${JSON.stringify({ machine, runs: all }, rounded, 1)}\n`);
  return { machine, runs: all };
}

const isSameKind = (a: Measured, b: Measured) =>
  a.hosts === b.hosts && (a.disturbed === undefined) === (b.disturbed === undefined);
