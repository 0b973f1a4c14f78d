import { findHome } from '../../../store/home';
import { answerOutcome, askRollout } from '../../ask-rollout';
import { readRollout } from '../../rollouts';
import type { Invocation, Outcome } from '../../verb';

/** Closes the gate of a rollout: when this returns, no operation begins; those in progress go to their end. */
export async function run({ options, actor, arguments: [id] }: Invocation): Promise<Outcome> {
  const home = findHome(options.home);
  const known = await readRollout(home, id);
  return answerOutcome(known, 'pause', await askRollout(home, known, 'pause', { actor }));
}
