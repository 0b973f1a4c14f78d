import { z } from 'zod';
import { actorSchema } from './actor';

const at = z.iso.datetime();
const host = z.string();
const index = z.number().int().min(0);

/** Of one stream of one host, the store keeps so much: a host that floods fills no disk. */
export const mostKeptBytes = 256 * 1024 * 1024;

/** What a host printed on one of its streams. Short text stands here, everything else in the store. */
const keptOutputSchema = z.object({
  bytes: z.number().int().min(0),
  text: z.string().optional(),
  /** Short, and not UTF-8. */
  base64: z.string().optional(),
  /** Digest in the store. */
  file: z.string().optional(),
  /** The host printed more than is kept: the store has the start of it. */
  cut: z.boolean().optional(),
});
export type KeptOutput = z.infer<typeof keptOutputSchema>;

/** What became of a host; every host that was selected has exactly one of these in the end. */
export const runOutcomes = [
  /** Exit code 0. */
  'ok',
  /** Another exit code, or a signal ended it. */
  'failed',
  /** Not done in its time; it may still be running there. */
  'timeout',
  /** Nothing was sent. */
  'unreachable',
  /** The host key is not the pinned one: nothing was sent. */
  'host key',
  /** It may have happened: it was sent, and no answer came. */
  'unknown',
  /** Stopped, or past the deadline, before it was this host's turn. */
  'not run',
] as const;
export type RunOutcome = (typeof runOutcomes)[number];

/** Everything the ledger says of one run, push or pull. The book's name is its ID: `run-…`. */
export const runEntrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('started'),
    at,
    fleet: z.string(),
    /** Digests in the store: the request, and the hosts' names in their order. */
    request: z.string(),
    list: z.string(),
    hosts: z.number().int(),
    actor: actorSchema,
  }),
  /** The canary has run, and a person is asked. */
  z.object({ kind: z.literal('waiting'), at, hosts: z.number().int() }),
  z.object({ kind: z.literal('asked'), at, verb: z.enum(['go on', 'stop']), actor: actorSchema }),
  /** What was asked had no effect, and why. */
  z.object({
    kind: z.literal('refused'),
    at,
    verb: z.literal('go on'),
    actor: actorSchema,
    code: z.string(),
    detail: z.string(),
  }),
  /** Written and synced before the command is sent. */
  z.object({ kind: z.literal('sent'), at, host, index }),
  /** It was not sent after all, and that is known: whoever comes next may send it. */
  z.object({ kind: z.literal('void'), at, host, index }),
  z.object({
    kind: z.literal('result'),
    at,
    host,
    index,
    outcome: z.enum(runOutcomes),
    /** Exit code; absent when there is none. */
    code: z.number().int().optional(),
    signal: z.string().optional(),
    /** A named error's code and text, or what a push did: `pushed`, `unchanged`. */
    detail: z.string().optional(),
    ms: z.number().int().optional(),
    stdout: keptOutputSchema.optional(),
    stderr: keptOutputSchema.optional(),
  }),
  z.object({ kind: z.literal('ended run'), at, result: z.enum(['done', 'incomplete', 'stopped']) }),
]);
export type RunEntry = z.infer<typeof runEntrySchema>;
export type RunResultEntry = Extract<RunEntry, { kind: 'result' }>;
