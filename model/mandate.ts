import { z } from 'zod';
import { canonicalJson } from './canonical';

/** The SSH signature's namespace: a signature made for git or for mail is not one for us. */
export const mandateNamespace = 'tidegate';

/** Longer than a slow start takes, and short enough that a mandate that was written and not sent is soon worthless. */
export const mandateGoodForMs = 15 * 60_000;
/** Clocks of people's machines run this far ahead. */
const clockSkewMs = 2 * 60_000;

/** One person's order to do one thing once (DESIGN.md decision 8). */
const mandateSchema = z.strictObject({
  fleet: z.string().min(1),
  /** As typed: `rollout start`, `rollout approve`. */
  verb: z.string().min(1),
  /** What it is done to, with all that decides how: `r-412`, `r-412 wave 3`, `r-412 hosts web[01-09]`. */
  target: z.string().min(1),
  /** SHA-256 of the document that is carried out (a plan, a recipe's pack), for verbs that have one. */
  plan: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** 128 random bits, in hex; the worker takes it once. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  time: z.iso.datetime(),
});
export type Mandate = z.infer<typeof mandateSchema>;

/** A mandate as it travels: the text that was signed, and the armored SSH signature over it. */
export const signedMandateSchema = z.strictObject({
  /** `rollout retry` names its hosts in it: 10,000 names, folded badly. */
  text: z.string().max(256 * 1024),
  /** RSA with 16,384 bits, as large as OpenSSH makes them, takes 6 KB. */
  signature: z.string().max(16_384),
});
export type SignedMandate = z.infer<typeof signedMandateSchema>;

/** What the worker was asked to do, to compare with what was signed. */
export type AskedMandate = Pick<Mandate, 'fleet' | 'verb' | 'target' | 'plan'>;

/** @returns the one text of a mandate: what is signed, and what is verified. */
export function mandateText(mandate: Mandate): string {
  return canonicalJson(mandate);
}

/** @returns the mandate whose one text this is; undefined for any other text. */
export function readMandate(text: string): Mandate | undefined {
  const parsed = mandateSchema.safeParse(parseJson(text));
  return parsed.success && mandateText(parsed.data) === text ? parsed.data : undefined;
}

/** @returns in what the mandate differs from what was asked, as a sentence; undefined when it is the same. */
export function differenceFrom(asked: AskedMandate, mandate: Mandate): string | undefined {
  for (const key of ['fleet', 'verb', 'target', 'plan'] as const)
    if (mandate[key] !== asked[key])
      return `it was signed for ${key} ${mandate[key] ?? 'none'}, and asked is ${asked[key] ?? 'none'}`;
  return undefined;
}

/** @returns why the mandate is too old, or from the future, at `nowMs` (UTC epoch); undefined when it is fresh. */
export function staleness(mandate: Mandate, nowMs: number): string | undefined {
  const ageMs = nowMs - Date.parse(mandate.time);
  if (ageMs > mandateGoodForMs)
    return `it was signed at ${mandate.time}, more than ${mandateGoodForMs / 60_000} minutes ago`;
  if (ageMs < -clockSkewMs)
    return `it was signed at ${mandate.time}, which is still to come: are the clocks right?`;
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
