import { TidegateError } from '../../../model/errors';
import { rolloutOrder } from '../../../model/orders';
import { findHome } from '../../../store/home';
import { answerOutcome, askRollout } from '../../ask-rollout';
import { pictureOf, readRollout } from '../../rollouts';
import { signOrder } from '../../sign-order';
import type { Invocation, Outcome } from '../../verb';
import { headline, shortId } from '../../view/rollout/words';
import { counted } from '../../view/sums';

/** Opens the gate after a wave: the one that waits, or the one that is named. */
export async function run(invocation: Invocation<{ wave?: number }>): Promise<Outcome> {
  const { options, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRollout(home, invocation.arguments[0]);
  const picture = pictureOf(known);
  const wave = options.wave ?? picture.wave;
  if (picture.phase !== 'waiting for approval' || picture.wave !== wave)
    throw new TidegateError('TG_APPROVAL_NOT_AWAITED', {
      detail: `${shortId(known.id)} does not wait for an approval of wave ${wave}: ${headline(picture, Date.now())}`,
      next: `tidegate rollout status ${shortId(known.id)}`,
    });
  const following = picture.waves.find(({ number }) => number === wave + 1)?.hosts ?? 0;
  await invocation.confirm(
    following === 0
      ? `Approve wave ${wave}, the last one?`
      : `Approve wave ${wave}, so that the next one begins on ${counted(following, 'host')}?`,
  );
  const order = rolloutOrder('approve', { rollout: known.id, plan: known.digest, wave });
  const mandate = await signOrder(home, invocation, order);
  return answerOutcome(known, 'approve', await askRollout(home, known, 'approve', { actor, wave, mandate }));
}
