import { TidegateError } from '../../../model/errors';
import { rolloutOrder } from '../../../model/orders';
import { canBeTakenBack } from '../../../model/record';
import { findHome } from '../../../store/home';
import { answerOutcome, askIfUnderWay } from '../../ask-rollout';
import { pictureOf, readRollout } from '../../rollouts';
import { signOrder } from '../../sign-order';
import { startRollout } from '../../start-rollout';
import type { ExitCode, Invocation, Outcome } from '../../verb';
import { shortId } from '../../view/rollout/words';
import { counted } from '../../view/sums';
import { watchRollout } from '../../watch-rollout';

/** Takes back what a rollout changed, on every host that it changed; also after it has ended. */
export async function run(invocation: Invocation<{ detach?: boolean }>): Promise<Outcome | ExitCode> {
  const { options, output, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRollout(home, invocation.arguments[0]);
  const { from, version } = pictureOf(known);
  const changed = [...known.record.hosts].filter(
    ([index, host]) => index >= 0 && canBeTakenBack(host),
  ).length;
  if (known.plan.plan.rollback === 'none')
    throw new TidegateError('TG_UNDO_MISSING', {
      detail: `the plan of ${shortId(known.id)} says rollback: none, so nothing was kept to go back to`,
      next: 'carry the version that was there before to the hosts with a plan of its own, and downgrade: true',
    });
  if (changed === 0 && known.record.ended)
    throw new TidegateError('TG_NOTHING_TO_DO', {
      detail: `${shortId(known.id)} has left no host changed: nothing to take back`,
      next: `tidegate rollout report ${shortId(known.id)}`,
    });
  await invocation.confirm(
    `Take ${known.plan.plan.package} ${version} back to ${from.join(' or ')} on up to ${counted(changed, 'host')}?`,
  );
  const order = rolloutOrder('rollback', { rollout: known.id, plan: known.digest });
  const asked = { actor, mandate: await signOrder(home, invocation, order) };
  const answer = await askIfUnderWay(home, known, 'rollback', asked);
  if (!answer) {
    const work = { fleet: known.plan.fleet, rollout: known.id, plan: known.digest };
    await startRollout(home, known, { ...work, ...asked, verb: 'rollback' }, known.endByte);
  }
  if (!options.detach && answer?.state !== 'recorded')
    return watchRollout(home, known.id, output, 'rolled back');
  return answerOutcome(known, 'rollback', answer ?? { state: 'done' });
}
