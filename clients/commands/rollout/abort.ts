import { findHome } from '../../../store/home';
import { answerOutcome, askRollout, stopRollout } from '../../ask-rollout';
import { addressOf, pictureOf, readRollout } from '../../rollouts';
import type { Invocation, Outcome } from '../../verb';

/** Ends a rollout where it is: operations in progress go to their end, nothing more begins, nothing is undone. */
export async function run(invocation: Invocation<{ yes?: boolean }>): Promise<Outcome> {
  const { options, actor } = invocation;
  const home = findHome(options.home);
  if (options.yes) {
    // Only the question needs counts, which take a second to add up for 100,000 hosts.
    const to = await addressOf(home, invocation.arguments[0]);
    return answerOutcome(to, 'abort', await stopRollout(home, to, 'abort', { actor }));
  }
  const known = await readRollout(home, invocation.arguments[0]);
  const { sums } = pictureOf(known);
  const count = (label: string) => sums.find((part) => part.label === label)?.count ?? 0;
  await invocation.confirm(
    `End it here, with ${count('applied')} applied, ${count('now')} in progress and ${count('pending')} never begun?`,
  );
  return answerOutcome(known, 'abort', await askRollout(home, known, 'abort', { actor }));
}
