import { TidegateError } from '../../../model/errors';
import { goOnOrder } from '../../../model/orders';
import { findHome } from '../../../store/home';
import { askRun } from '../../ask-run';
import { readRun, shortRunId } from '../../runs';
import { signOrder } from '../../sign-order';
import type { Invocation, Outcome } from '../../verb';
import { whatOf } from '../../view/run/what';
import { counted } from '../../view/sums';

/** Lets the other hosts of a run follow its first ones. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRun(home, invocation.arguments[0]);
  const { record } = known;
  const id = shortRunId(known.id);
  if (!record.waiting)
    throw new TidegateError(record.ended ? 'TG_RUN_ENDED' : 'TG_RUN_NOT_WAITING', {
      detail: record.ended ? `${id} has ended` : `${id} waits for nobody`,
      next: `tidegate run show ${id}`,
    });
  const left = known.list.length - record.outcomes.size;
  await invocation.confirm(`Go on with the other ${counted(left, 'host')} of ${id}, ${whatOf(known)}?`);
  const order = goOnOrder({ run: known.id, request: record.started?.request ?? '' });
  return askRun(home, known, 'goOn', { actor, mandate: await signOrder(home, invocation, order) });
}
