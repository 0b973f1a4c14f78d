import { TidegateError } from '../../../model/errors';
import { clearHostOrder } from '../../../model/orders';
import { findHome } from '../../../store/home';
import type { ClearHostInput, ClearHostResult } from '../../../workflows/contract/hosts';
import { fleetName, runProcedure } from '../../procedure';
import { signOrder } from '../../sign-order';
import type { Invocation, Outcome } from '../../verb';
import { shortId } from '../../view/rollout/words';

/** Lifts the quarantine of a host: the worker looks at it first, and its state becomes what it has. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, output, actor } = invocation;
  const [host = ''] = invocation.arguments;
  if (actor.reason === undefined)
    throw new TidegateError('TG_USAGE', {
      detail: 'who lifts a quarantine says what was found',
      next: `tidegate hosts examine ${host} ; then the same again with --reason "…"`,
    });
  const home = findHome(options.home);
  await invocation.confirm(`Lift the quarantine of ${host}, so that it can be touched again?`);
  const input: ClearHostInput = {
    fleet: await fleetName(home),
    host,
    actor,
    mandate: await signOrder(home, invocation, clearHostOrder({ host })),
  };
  const { cleared } = await runProcedure<ClearHostResult>(home, {
    workflow: 'clearHost',
    input,
    doing: `looking at ${host}`,
    output,
  });
  const again = cleared.filter(({ state }) => state !== 'applied');
  return {
    json: { host, cleared },
    text: [
      ...cleared.map(({ rollout, state, detail, rehearsal }) =>
        rehearsal
          ? `${host} can rehearse ${shortId(rollout)} again: ${detail}`
          : `${host} is ${state} in ${shortId(rollout)}: ${detail}`,
      ),
      ...again.map(
        ({ rollout, rehearsal }) =>
          `Next: tidegate rollout retry ${shortId(rollout)}${rehearsal ? '' : ` --hosts ${host}`} --reason …`,
      ),
    ].join('\n'),
  };
}
