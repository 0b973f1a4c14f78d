import { z } from 'zod';
import { TidegateError } from './errors';
import { expand } from './nodeset';
import { type SignedRolloutVerb, signedRolloutVerbs } from './orders';

/** What a signal to a running rollout may carry beside who asks: anybody who reaches the frontend can send one. */
const askedSchema = z.object({
  wave: z.int().min(1).optional(),
  hosts: z.string().optional(),
  stopAt: z.int().min(1).optional(),
});

/**
 * Reads the order in a signal.
 * @returns undefined for what needs no mandate: pausing and aborting are never refused, whatever they carry.
 * @throws TG_USAGE, TG_SELECTOR_INVALID for what would harm the workflow if it were taken up.
 */
export function readAsked(
  verb: string,
  asked: unknown,
): ({ verb: SignedRolloutVerb } & z.infer<typeof askedSchema>) | undefined {
  const signed = signedRolloutVerbs.find((known) => known === verb);
  if (signed === undefined) return undefined;
  const parsed = askedSchema.safeParse(asked);
  if (!parsed.success)
    throw new TidegateError('TG_USAGE', {
      detail: `${verb}: ${z.prettifyError(parsed.error)}`,
      next: `tidegate rollout ${verb} --help`,
    });
  if (parsed.data.hosts !== undefined) expand(parsed.data.hosts);
  return { verb: signed, ...parsed.data };
}
