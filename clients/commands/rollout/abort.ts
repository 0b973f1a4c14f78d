import { findHome } from '../../../store/home';
import { answerOutcome, askRollout } from '../../ask-rollout';
import { pictureOf, readRollout } from '../../rollouts';
import type { Invocation, Outcome } from '../../verb';

/** Ends a rollout where it is: operations in progress go to their end, nothing more begins, nothing is undone. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRollout(home, invocation.arguments[0]);
  const { sums } = pictureOf(known);
  const count = (label: string) => sums.find((part) => part.label === label)?.count ?? 0;
  await invocation.confirm(
    `End it here, with ${count('applied')} applied, ${count('now')} in progress and ${count('pending')} never begun?`,
  );
  return answerOutcome(known, 'abort', await askRollout(home, known, 'abort', { actor }));
}
