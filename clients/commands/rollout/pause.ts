import { findHome } from '../../../store/home';
import { answerOutcome, stopRollout } from '../../ask-rollout';
import { addressOf } from '../../rollouts';
import type { Invocation, Outcome } from '../../verb';

/** Closes the gate of a rollout: when this returns, no operation begins; those in progress go to their end. */
export async function run({ options, actor, arguments: [id] }: Invocation): Promise<Outcome> {
  const home = findHome(options.home);
  const to = await addressOf(home, id);
  return answerOutcome(to, 'pause', await stopRollout(home, to, 'pause', { actor }));
}
