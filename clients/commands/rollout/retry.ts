import { findHome } from '../../../store/home';
import { answerOutcome, askRollout } from '../../ask-rollout';
import { pictureOf, readRollout } from '../../rollouts';
import { startRollout } from '../../start-rollout';
import type { ExitCode, Invocation, Outcome } from '../../verb';
import { watchRollout } from '../../watch-rollout';

/** Tries again what failed, is owed or was never reached: all of it, or the hosts that are named. */
export async function run(
  invocation: Invocation<{ hosts?: string; detach?: boolean }>,
): Promise<Outcome | ExitCode> {
  const { options, output, actor } = invocation;
  const { hosts } = options;
  const home = findHome(options.home);
  const known = await readRollout(home, invocation.arguments[0]);
  const { sums } = pictureOf(known);
  const count = (label: string) => sums.find((part) => part.label === label)?.count ?? 0;
  const qualify = `${count('failed')} failed, ${count('owed')} owed, ${count('pending') + count('unreachable')} never reached`;
  await invocation.confirm(`Try again ${hosts ?? 'all of them'} (${qualify})?`);
  const answer = known.record.ended ? undefined : await askRollout(home, known, 'retry', { actor, hosts });
  if (!answer) {
    const input = {
      fleet: known.plan.fleet,
      rollout: known.id,
      plan: known.digest,
      actor,
      verb: 'retry' as const,
      hosts,
    };
    await startRollout(home, known, input, known.entries.length);
  }
  if (!options.detach && answer?.state !== 'recorded') return watchRollout(home, known.id, output);
  return answerOutcome(known, 'retry', answer ?? { state: 'done' });
}
