import { loadFleet } from '../../../fleet/load';
import { TidegateError } from '../../../model/errors';
import { fold } from '../../../model/nodeset';
import { rolloutOrder } from '../../../model/orders';
import { canBeRetried } from '../../../model/record';
import { findHome, type Home } from '../../../store/home';
import { answerOutcome, askRollout } from '../../ask-rollout';
import { type KnownRollout, pictureOf, readRollout } from '../../rollouts';
import { selectFrom } from '../../select-from';
import { signOrder } from '../../sign-order';
import { startRollout } from '../../start-rollout';
import type { ExitCode, Invocation, Outcome } from '../../verb';
import { shortId } from '../../view/rollout/words';
import { counted } from '../../view/sums';
import { watchRollout } from '../../watch-rollout';

/** Tries again what failed, is owed or was never reached: all of it, or the hosts that are named. */
export async function run(
  invocation: Invocation<{ hosts?: string; detach?: boolean }>,
): Promise<Outcome | ExitCode> {
  const { options, output, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRollout(home, invocation.arguments[0]);
  const hosts = options.hosts === undefined ? undefined : await chosen(home, known, options.hosts);
  const { sums } = pictureOf(known);
  const count = (label: string) => sums.find((part) => part.label === label)?.count ?? 0;
  const qualify = `${count('failed')} failed, ${count('owed')} owed, ${count('pending') + count('unreachable')} never reached`;
  await invocation.confirm(`Try again ${hosts ?? 'all of them'} (${qualify})?`);
  const order = rolloutOrder('retry', { rollout: known.id, plan: known.digest, hosts });
  const mandate = await signOrder(home, invocation, order);
  const asked = { actor, hosts, mandate };
  const answer = known.record.ended ? undefined : await askRollout(home, known, 'retry', asked);
  if (!answer) {
    const input = {
      fleet: known.plan.fleet,
      rollout: known.id,
      plan: known.digest,
      verb: 'retry' as const,
      ...asked,
    };
    await startRollout(home, known, input, known.endByte);
  }
  if (!options.detach && answer?.state !== 'recorded') return watchRollout(home, known.id, output);
  return answerOutcome(known, 'retry', answer ?? { state: 'done' });
}

/** A host that the ledger never named. */
const neverReached = { state: 'pending', failure: false } as const;

/**
 * @returns the hosts that are meant and can be retried, as a node set: what is confirmed, signed and recorded says
 * which they are. @throws TG_NOTHING_TO_DO when there are none, and as `selectHosts`.
 */
async function chosen(home: Home, { id, list, record }: KnownRollout, selector: string): Promise<string> {
  const selected = await selectFrom(home, await loadFleet(home.fleetFile), selector);
  const indexes = new Map(list.map(({ name }, index) => [name, index]));
  const retried = selected.filter(({ name }) => {
    const index = indexes.get(name);
    return index !== undefined && canBeRetried(record.hosts.get(index) ?? neverReached);
  });
  if (retried.length > 0) return fold(retried.map(({ name }) => name));
  throw new TidegateError('TG_NOTHING_TO_DO', {
    detail: `none of ${counted(selected.length, 'host')} failed in ${shortId(id)}, is owed or was never reached`,
    next: `tidegate rollout status ${shortId(id)}`,
  });
}
