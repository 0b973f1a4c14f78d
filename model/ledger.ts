import { z } from 'zod';
import { actorSchema } from './actor';
import { rpmSchema } from './artifact';
import { hostStates } from './states';

const at = z.iso.datetime();
const host = z.string();

/** An installed package, as undo needs to know it. */
export const installedSchema = rpmSchema.pick({
  name: true,
  epoch: true,
  version: true,
  release: true,
  arch: true,
  headerDigest: true,
});
export type Installed = z.infer<typeof installedSchema>;

export const operationActions = ['apply', 'undo', 'rehearse apply', 'rehearse undo'] as const;
export type OperationAction = (typeof operationActions)[number];

const phases = [
  'building',
  'planning',
  'waiting for confirmation',
  'starting',
  'rehearsing',
  'wave',
  'soaking',
  'waiting for approval',
  'waiting for the window',
  'paused',
  'rolling back',
  'ended',
] as const;
export type Phase = (typeof phases)[number];

/** Everything the ledger says of one rollout, one entry an event. The book's name is the rollout's ID. */
export const rolloutEntrySchema = z.discriminatedUnion('kind', [
  /** A release: the same book tells of the build and the plan before its rollout starts. Digests are of the store. */
  z.object({
    kind: z.literal('release'),
    at,
    rollout: z.string(),
    fleet: z.string(),
    package: z.string(),
    workflowId: z.string(),
    recipe: z.string(),
    recipePath: z.string(),
    planFile: z.string(),
    planPath: z.string(),
    /** The person has agreed beforehand to whatever the plan turns out to be. */
    confirmed: z.boolean(),
    actor: actorSchema,
  }),
  z.object({
    kind: z.literal('built'),
    at,
    artifact: z.string(),
    version: z.string(),
    /** The store had the very same build. */
    already: z.boolean(),
    warnings: z.array(z.string()),
  }),
  /** Frozen for the artifact of the release; `problems` is the digest of what hosts are not ready for. */
  z.object({
    kind: z.literal('planned'),
    at,
    plan: z.string(),
    hosts: z.number().int(),
    problems: z.string(),
  }),
  z.object({
    kind: z.literal('started'),
    at,
    rollout: z.string(),
    fleet: z.string(),
    package: z.string(),
    version: z.string(),
    plan: z.string(),
    workflowId: z.string(),
    hosts: z.number().int(),
    selected: z.number().int(),
    untouched: z.record(z.string(), z.number().int()),
    waves: z.array(z.number().int()),
    stopAt: z.number().int(),
    actor: actorSchema,
  }),
  z.object({
    kind: z.literal('phase'),
    at,
    phase: z.enum(phases),
    wave: z.number().int().optional(),
    detail: z.string().optional(),
    untilAt: at.optional(),
  }),
  /** A person asked, and it was taken up: pause, resume, approve, abort, rollback, retry; of a release: confirm, drop. */
  z.object({
    kind: z.literal('asked'),
    at,
    verb: z.string(),
    actor: actorSchema,
    detail: z.string().optional(),
    /** By which who asked finds the answer to what was asked. */
    request: z.string().optional(),
    /** `resume`: failures, in all, at which it stops from here on. */
    stopAt: z.number().int().optional(),
  }),
  /** The gate is shut (or open again) for this rollout: no operation begins after a `closed` entry. */
  z.object({ kind: z.literal('gate'), at, state: z.enum(['open', 'closed']), inFlight: z.number().int() }),
  /** Whom hosts wait for that have room from others only (model/starved.ts); the last one counts. */
  z.object({
    kind: z.literal('waits'),
    at,
    for: z.array(
      z.object({
        domain: z.string(),
        waiting: z.number().int(),
        holder: z.string(),
        hosts: z.string(),
        overdue: z.boolean(),
      }),
    ),
  }),
  /** Written and synced before the host is told to begin. */
  z.object({
    kind: z.literal('begun'),
    at,
    host,
    index: z.number().int(),
    operation: z.string(),
    request: z.string(),
    action: z.enum(operationActions),
    attempt: z.number().int(),
    previous: z.string(),
    before: z.array(installedSchema),
    absent: z.array(z.string()),
    wave: z.number().int().optional(),
  }),
  /** The begin never reached the host: the intent is void and the chain is as it was. */
  z.object({ kind: z.literal('void'), at, host, index: z.number().int(), operation: z.string() }),
  z.object({
    kind: z.literal('ended'),
    at,
    host,
    index: z.number().int(),
    operation: z.string(),
    outcome: z.string(),
    detail: z.string().optional(),
    beganAt: z.string().optional(),
    endedAt: z.string().optional(),
    /** Digest of the log in the store, for operations that did not go well. */
    log: z.string().optional(),
    restarts: z.array(z.string()).optional(),
    configs: z.array(z.string()).optional(),
    /** The host has, or may have, something between what it had and what it was to get. */
    lost: z.boolean().optional(),
  }),
  /** A host's state changed. The last one counts. */
  z.object({
    kind: z.literal('state'),
    at,
    host,
    index: z.number().int(),
    state: z.enum(hostStates),
    code: z.string().optional(),
    detail: z.string().optional(),
    failure: z.boolean().default(false),
    attempt: z.number().int(),
    /** Until when the host is caught up without a person, once it is owed. */
    until: at.optional(),
  }),
  /** A person lifted a quarantine, after the host was examined: what it is now, and what its chain goes on from. */
  z.object({
    kind: z.literal('cleared'),
    at,
    host,
    index: z.number().int(),
    state: z.enum(hostStates),
    code: z.string().optional(),
    detail: z.string(),
    failure: z.boolean(),
    lost: z.boolean(),
    attempt: z.number().int(),
    /** The last operation on the host, or `none`. */
    head: z.string(),
    actor: actorSchema,
  }),
  /** Owed hosts are no longer caught up without a person, and why. */
  z.object({ kind: z.literal('owed'), at, ended: z.string() }),
  z.object({
    kind: z.literal('unreachable'),
    at,
    host,
    index: z.number().int(),
    attempt: z.number().int(),
    try: z.number().int(),
    code: z.string(),
    detail: z.string(),
  }),
  /** `stopAt` is the limit that was reached: in wave 1 that may be its own. */
  z.object({
    kind: z.literal('budget'),
    at,
    failures: z.number().int(),
    stopAt: z.number().int(),
    next: z.string(),
  }),
  z.object({
    kind: z.literal('note'),
    at,
    detail: z.string(),
    /** A person asked and was refused: nothing has changed. */
    refused: z
      .object({ verb: z.string(), code: z.string(), why: z.string(), request: z.string().optional() })
      .optional(),
  }),
  z.object({
    kind: z.literal('ended rollout'),
    at,
    result: z.enum(['done', 'incomplete', 'aborted', 'rolled back', 'failed']),
    detail: z.string().optional(),
  }),
]);
export type RolloutEntry = z.infer<typeof rolloutEntrySchema>;
