import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const share = z.union([
  z.number().int().min(1),
  z.string().regex(/^\d+(\.\d+)?\s*%$/, 'a count, or a percentage such as 5%'),
]);

/** Timers that are set for longer go off at once. */
const longestTimerMs = 2 ** 31 - 1;

/** A file that is pushed, or a folder that must be there (no content). */
export const pushedFileSchema = z.strictObject({
  /** Below the remote path; '' when a single file is pushed. */
  path: z.string(),
  /** Of its content in the store; absent for a folder. */
  sha256: digest.optional(),
  sizeBytes: z.number().int().min(0),
  /** Permission bits. */
  mode: z.number().int().min(0).max(0o7777),
});
export type PushedFile = z.infer<typeof pushedFileSchema>;

/** What is done on each host. */
const runTaskSchema = z.discriminatedUnion('verb', [
  z.strictObject({
    verb: z.literal('run'),
    /** As the account's login shell takes it, or root's with `sudo`. */
    command: z.string().min(1),
    /** What the command reads, in the store. */
    stdin: digest.optional(),
    environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
  }),
  z.strictObject({
    verb: z.literal('push'),
    /** A list of pushedFileSchema, in the store. */
    files: digest,
    /** Absolute: the file's own path, or the folder that they go into. */
    to: z.string().regex(/^\//, 'an absolute path'),
    /** `user`, `user:group` or `:group`, as chown takes it; needs sudo. */
    owner: z.string().optional(),
    dryRun: z.boolean().default(false),
  }),
  z.strictObject({ verb: z.literal('pull'), from: z.string().regex(/^\//, 'an absolute path') }),
]);
export type RunTask = z.infer<typeof runTaskSchema>;

/** What `tidegate run`, `push` and `pull` ask for, as the store keeps it. */
export const runRequestSchema = z.strictObject({
  selector: z.string().min(1),
  task: runTaskSchema,
  sudo: z.boolean().default(false),
  /** Hosts at once, over all domains. */
  parallel: z.number().int().min(1).max(1024),
  /** Hosts of one domain at once, rollouts counted; when absent, caps of domains do not concern it. */
  perDomain: share.optional(),
  /** For one host, connecting not counted. */
  timeoutMs: z.number().int().min(1).max(longestTimerMs),
  /** For all hosts together, waits for a person included: then nothing begins any more, and what runs times out. */
  deadlineMs: z.number().int().min(1).optional(),
  /** A host whose command may have happened when the worker died is asked again (at least once, not at most once). */
  retryable: z.boolean().default(false),
  /** So many hosts first; then a person is asked. */
  canary: z.number().int().min(0).default(0),
  /** Output is also given as it comes. */
  stream: z.boolean().default(false),
});
export type RunRequest = z.infer<typeof runRequestSchema>;
