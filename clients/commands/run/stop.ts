import { findHome } from '../../../store/home';
import { askRun } from '../../ask-run';
import { readRun, shortRunId } from '../../runs';
import type { Invocation, Outcome } from '../../verb';
import { whatOf } from '../../view/run/what';

/** Sends nothing more; what was sent goes to its end. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRun(home, invocation.arguments[0]);
  const { record } = known;
  await invocation.confirm(
    `Stop ${shortRunId(known.id)}, ${whatOf(known)}, with ${record.outcomes.size} of ${known.list.length} done and ${record.inProgress()} in progress?`,
  );
  return askRun(home, known, 'stop', { actor });
}
