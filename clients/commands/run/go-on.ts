import { goOnOrder } from '../../../model/orders';
import { findHome } from '../../../store/home';
import { askRun } from '../../ask-run';
import { readRun } from '../../runs';
import { signOrder } from '../../sign-order';
import type { Invocation, Outcome } from '../../verb';
import { counted } from '../../view/sums';

/** Lets the other hosts of a run follow its first ones. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRun(home, invocation.arguments[0]);
  const left = known.list.length - known.record.results.size;
  await invocation.confirm(`Go on with the other ${counted(left, 'host')}?`);
  const order = goOnOrder({ run: known.id, request: known.record.started?.request ?? '' });
  return askRun(home, known, 'goOn', { actor, mandate: await signOrder(home, invocation, order) });
}
