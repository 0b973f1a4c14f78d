import { TidegateError } from '../../../model/errors';
import { rolloutOrder } from '../../../model/orders';
import { findHome } from '../../../store/home';
import { answerOutcome, askRollout } from '../../ask-rollout';
import { pictureOf, readRollout } from '../../rollouts';
import { signOrder } from '../../sign-order';
import type { Invocation, Outcome } from '../../verb';
import { isSpent, shortId } from '../../view/rollout/words';

/** Lets a paused rollout go on; after a spent budget, up to a new number of failures in all. */
export async function run(invocation: Invocation<{ stopAt?: number }>): Promise<Outcome> {
  const { options, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRollout(home, invocation.arguments[0]);
  const picture = pictureOf(known);
  const { sums, failures } = picture;
  const pending = sums.find(({ label }) => label === 'pending')?.count ?? 0;
  if (pending > 0 && isSpent({ ...picture, stopAt: options.stopAt ?? picture.stopAt }))
    throw new TidegateError('TG_BUDGET_SPENT', {
      detail: `${failures} hosts have failed, and it stops at failure ${options.stopAt ?? picture.stopAt}: it would stop again at once`,
      next: `tidegate rollout resume ${shortId(known.id)} --stop-at ${failures + 1} --reason …`,
    });
  await invocation.confirm(`Go on with ${pending} hosts, after ${failures} failures?`);
  const { stopAt } = options;
  const order = rolloutOrder('resume', { rollout: known.id, plan: known.digest, stopAt });
  const mandate = await signOrder(home, invocation, order);
  const answer = await askRollout(home, known, 'resume', { actor, stopAt, mandate });
  return answerOutcome(known, 'resume', answer);
}
