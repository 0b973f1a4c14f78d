import { loadFleet } from '../../../fleet/load';
import { TidegateError } from '../../../model/errors';
import { fold } from '../../../model/nodeset';
import { rolloutOrder } from '../../../model/orders';
import { canBeRetried } from '../../../model/record';
import type { HostState } from '../../../model/states';
import { findHome, type Home } from '../../../store/home';
import { answerOutcome, askIfUnderWay, isUnderWay } from '../../ask-rollout';
import { type KnownRollout, readRollout } from '../../rollouts';
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
  const { retried, of } = await chosen(home, known, options.hosts);
  const count = (wanted: HostState) => retried.filter(({ state }) => state === wanted).length;
  const [owed, pending] = [count('owed'), count('pending')];
  const qualify = `${retried.length - owed - pending} failed or refused, ${owed} owed, ${pending} never reached`;
  // Of one whose workflow was ended from outside there is an end to be written, if nothing else.
  const isOrphaned = async () =>
    options.hosts === undefined && !known.record.ended && !(await isUnderWay(home, known));
  if (retried.length === 0 && !(await isOrphaned())) throw nothingToDo(known, of);
  await invocation.confirm(
    retried.length === 0
      ? 'Its workflow was ended from outside, and no host is left to be tried: take it up to its end?'
      : `Try ${counted(retried.length, 'host')} again (${qualify})?`,
  );
  // What is confirmed, signed and recorded says which hosts were named.
  const hosts = options.hosts === undefined ? undefined : fold(retried.map(({ name }) => name));
  const order = rolloutOrder('retry', { rollout: known.id, plan: known.digest, hosts });
  const mandate = await signOrder(home, invocation, order);
  const asked = { actor, hosts, mandate };
  const answer = await askIfUnderWay(home, known, 'retry', asked);
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

/** @returns the hosts that are meant and can be retried. @throws as `selectHosts`. */
async function chosen(
  home: Home,
  { list, record }: KnownRollout,
  selector: string | undefined,
): Promise<{ retried: { name: string; state: HostState }[]; of: number }> {
  const selected =
    selector === undefined ? list : await selectFrom(home, await loadFleet(home.fleetFile), selector);
  const wanted = new Set(selected.map(({ name }) => name));
  const retried = list
    .map(({ name }, index) => ({ ...neverReached, ...record.hosts.get(index), name }))
    .filter((host) => wanted.has(host.name) && canBeRetried(host));
  return { retried, of: selected.length };
}

function nothingToDo({ id }: KnownRollout, of: number): TidegateError {
  return new TidegateError('TG_NOTHING_TO_DO', {
    detail: `none of ${counted(of, 'host')} failed in ${shortId(id)}, is owed or was never reached`,
    next: `tidegate rollout status ${shortId(id)}`,
  });
}

/** A host that the ledger never named. */
const neverReached = { state: 'pending', failure: false } as const;
