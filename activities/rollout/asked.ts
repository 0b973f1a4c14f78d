import type { Actor } from '../../model/actor';
import { readAsked } from '../../model/asked';
import { type ErrorCode, TidegateError } from '../../model/errors';
import { rolloutOrder, signedRolloutVerbs } from '../../model/orders';
import type { Asked, RolloutRef } from '../../workflows/contract/rollout';
import { type Authority, claimed, type Request } from '../authority';
import type { Book } from './book';

/** A request as the workflow passes it on: of what a signal carried nothing has been believed. */
export type AskedOfRollout = RolloutRef &
  Partial<Asked> & { readonly verb: string; readonly detail?: string };

const notStarted: ErrorCode = 'TG_ROLLOUT_NOT_FOUND';

/**
 * Records that a person asked something of a running rollout, or that it was refused: then the workflow goes on as
 * if nobody had asked. Never throws for what a signal carries, as that would fail the rollout.
 * @returns the code of the refusal.
 */
export async function takeAsked(
  book: Book,
  authority: Authority,
  input: AskedOfRollout,
): Promise<string | undefined> {
  const { verb, detail } = input;
  // A signal may come before the rollout is let in, or with no rollout's ID: it makes no book.
  if (!book.record.started)
    return signedRolloutVerbs.some((known) => known === verb) ? notStarted : undefined;
  return judgeAsked(book, input, async (asks) => {
    const asked = readAsked(verb, input);
    const actor = asked
      ? await authority.prove(
          asks,
          rolloutOrder(asked.verb, { ...asked, rollout: input.rollout, plan: input.plan }),
          'activity',
        )
      : asks.actor;
    return { actor, detail, stopAt: asked?.stopAt };
  });
}

/**
 * Records what `judge` makes of a request, or that it was refused, where the one who asked finds it.
 * @returns the code of the refusal.
 */
export async function judgeAsked(
  book: Book,
  asked: Partial<Asked> & { readonly verb: string },
  judge: (asks: Request) => Promise<{ actor: Actor; detail?: string; stopAt?: number }>,
): Promise<string | undefined> {
  const { verb, mandate } = asked;
  const request = typeof asked.request === 'string' ? asked.request : undefined;
  const claims = claimed(asked.actor);
  try {
    await book.append({ kind: 'asked', verb, request, ...(await judge({ actor: claims, mandate })) });
    return undefined;
  } catch (error) {
    if (!(error instanceof TidegateError) || error.retryable) throw error;
    const { code, message: why } = error;
    await book.append({
      kind: 'note',
      detail: `${verb} was asked by ${claims.name} (claimed) and refused: ${code}  ${why}`,
      refused: { verb, code, why, request },
    });
    return code;
  }
}
