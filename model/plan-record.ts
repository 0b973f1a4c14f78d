import { z } from 'zod';
import { artifactSchema, rpmSchema } from './artifact';
import type { Plan } from './plan';

/** Before anything was measured, a small package takes about this long on a host, checks included. */
export const expectedOperationMs = 6_000;

/** One host of the frozen list; its place in the list is its index in the rollout. */
export const plannedHostSchema = z.object({
  name: z.string(),
  domain: z.string(),
  platform: z.string(),
  /** `EVR` of the package when planned; '' when it is absent (`absent: install`), or was not asked. */
  from: z.string(),
  /** It could not be asked when it was planned: what it had is not known. */
  asked: z.literal(false).optional(),
  /** Whom the inventory names for it. */
  owner: z.string().optional(),
});
export type PlannedHost = z.infer<typeof plannedHostSchema>;

const waveSchema = z.object({
  /** As written: `1`, `5%`. */
  size: z.string(),
  /** Indexes [from, to) of the frozen list. */
  from: z.number().int(),
  to: z.number().int(),
  atOnce: z.number().int(),
  limitedBy: z.enum(['wave', 'budget', 'caps', 'total', 'starts']),
  expectedMs: z.number(),
  soakMs: z.number(),
  gate: z.boolean(),
});

/** What `rollout plan` froze and printed, and `rollout start` carries out: kept in the store by digest. */
export const planRecordSchema = z.object({
  fleet: z.string(),
  /** Digest of the fleet as it was loaded: start refuses when it has changed. */
  fleetDigest: z.string(),
  planPath: z.string(),
  /** Digest of the plan file's text: start refuses when the file has changed. */
  planFile: z.string(),
  /** Parsed, every default written out; trusted, since the record is read by its digest. */
  plan: z.custom<Plan>((value) => typeof value === 'object' && value !== null),
  artifact: artifactSchema,
  /** Digest of the frozen list (`PlannedHost[]`, in the order of the rollout). */
  list: z.string(),
  /** Hosts selected, and of these those that would change. */
  selected: z.number().int(),
  hosts: z.number().int(),
  /** Hosts left as they are: by reason, as node sets. */
  untouched: z.record(z.string(), z.object({ count: z.number().int(), hosts: z.string() })),
  /** platform → hosts to change. */
  platforms: z.record(z.string(), z.number().int()),
  /** domain → hosts to change and how many at once. */
  domains: z.record(z.string(), z.object({ hosts: z.number().int(), cap: z.number().int() })),
  waves: z.array(waveSchema),
  /** Failures at which the rollout stops, in all and in wave 1. */
  stopAt: z.number().int(),
  firstWaveStopAt: z.number().int(),
  /** The RPMs that undo goes back to, all in the store: platform → NEVRA before → RPMs. */
  undo: z.array(
    z.object({ platform: z.string(), from: z.string(), hosts: z.number().int(), rpms: z.array(rpmSchema) }),
  ),
  /** The control instances on which the undo is tried before the first host; absent in records of before. */
  rehearsedOn: z.array(z.string()).optional(),
  /** Warnings a person should read: a kernel, a glibc, a vendor tag that changes. */
  warnings: z.array(z.string()),
  plannedAt: z.string(),
});
export type PlanRecord = z.infer<typeof planRecordSchema>;

/** The ID that a person types for the plan record with this digest. */
export const planId = (digest: string) => `p-${digest.slice(0, 8)}`;
