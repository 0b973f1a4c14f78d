import { z } from 'zod';
import { durationMs, longestTimerMs } from './duration';
import { wavesDefect } from './waves';

const duration = z.union([z.string(), z.literal(0)]).transform((text, context) => {
  const parsed = durationMs(text);
  if (parsed === undefined)
    context.addIssue({ code: 'custom', message: 'a duration, such as 90s, 10m, 2h or 14d' });
  return parsed ?? 0;
});
/** What a timer waits for. */
const timeout = duration.refine((ms) => ms <= longestTimerMs, 'a duration of at most 24d');

const share = z.union([
  z.number().int().min(1),
  z.string().regex(/^\d+(\.\d+)?\s*%$/, 'a count, or a percentage such as 5%'),
]);
const timeOfDay = z.string().regex(/^\d\d:\d\d(:\d\d)?$/, 'a time of day, such as 22:00 or 22:00:30');
const onFailure = z.enum(['pause', 'rollback', 'abort']);

/** What is asked of a host after the transaction. A plain string is a command that must exit 0. */
const checkSchema = z.union([
  z
    .string()
    .min(1)
    .transform((command) => ({ command })),
  z.strictObject({ command: z.string().min(1) }),
  z.strictObject({ service: z.string().min(1) }),
  z.strictObject({ tcp: z.string().regex(/^\S+:\d+$/, 'host:port, from the host') }),
  z.strictObject({ http: z.url(), status: z.number().int().default(200) }),
]);
export type Check = z.infer<typeof checkSchema>;

/** `plan.yaml`. Every default is DESIGN.md's table, so that a plan of three lines is a safe plan. */
const planShape = z.strictObject({
  package: z.string().min(1),
  /** A selector. */
  hosts: z.string().min(1),
  /** The artifact's version, or its digest (or the start of it); the newest in the store when absent. */
  artifact: z.string().optional(),
  /** Cumulative sizes of the waves. */
  waves: z.array(share).min(1).default([1, '5%', '25%', '100%']),
  caps: z
    .strictObject({
      perDomain: share.default('5%'),
      perDomainMost: z.number().int().min(1).default(15),
      withoutDomain: z.number().int().min(1).default(10),
      total: z.number().int().min(1).default(50),
      startsPerSecond: z.number().positive().default(5),
    })
    .prefault({}),
  budget: z
    .strictObject({
      stopAt: share.default('2%'),
      firstWaveStopAt: z.number().int().min(1).default(1),
      whenSpent: onFailure.default('pause'),
      overshoot: z.enum(['never', 'inFlight']).default('never'),
    })
    .prefault({}),
  failedHost: z.enum(['rollback', 'leave']).default('rollback'),
  unreachable: z
    .strictObject({
      tries: z.number().int().min(1).default(3),
      within: duration.prefault('15m'),
      owedFor: duration.prefault('14d'),
      pauseOver: z
        .string()
        .regex(/^\d+(\.\d+)?\s*%$/)
        .default('10%'),
    })
    .prefault({}),
  soak: duration.prefault('10m'),
  /** Waves (counted from 1) after which a person must approve. */
  gates: z.array(z.number().int().min(1)).default([]),
  checks: z.array(checkSchema).default([]),
  before: z.array(z.string()).default([]),
  after: z.array(z.string()).default([]),
  restart: z.array(z.string()).default([]),
  /** `install` also installs where the package is absent. */
  absent: z.enum(['leave', 'install']).default('leave'),
  downgrade: z.boolean().default(false),
  rollback: z.enum(['required', 'none']).default('required'),
  window: z
    .strictObject({
      /** Days, as in cron: `mon-fri`, `sat,sun`, `*`. */
      days: z.string().default('*'),
      from: timeOfDay,
      to: timeOfDay,
      zone: z.string().default('UTC'),
      rollbackWaits: z.boolean().default(false),
    })
    .optional(),
  timeouts: z
    .strictObject({
      connect: timeout.prefault('10s'),
      preflight: timeout.prefault('60s'),
      rpmLock: timeout.prefault('10m'),
      slow: timeout.prefault('5m'),
      operation: timeout.prefault('60m'),
      check: timeout.prefault('60s'),
    })
    .prefault({}),
  /** A command run, or a URL posted to, at gate, stop and end. */
  notify: z.union([z.strictObject({ command: z.string() }), z.strictObject({ webhook: z.url() })]).optional(),
});

/** What each key allows, and no plan can mean together. */
function agrees(
  plan: Pick<z.infer<typeof planShape>, 'waves' | 'gates' | 'rollback' | 'budget'>,
  context: z.RefinementCtx,
): void {
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  const waves = wavesDefect(plan.waves);
  if (waves) refuse(['waves', waves.place], waves.why);
  for (const [place, gate] of plan.gates.entries())
    if (gate > plan.waves.length)
      refuse(['gates', place], `a wave from 1 to ${plan.waves.length}: the plan has no wave ${gate}`);
  if (plan.rollback === 'none' && plan.budget.whenSpent === 'rollback')
    refuse(['budget', 'whenSpent'], 'pause or abort: with rollback: none nothing is kept to go back to');
}

export const planSchema = planShape.superRefine(agrees);
export type Plan = z.infer<typeof planSchema>;
/** The plan as a person writes it. */
export type PlanInput = z.input<typeof planSchema>;
