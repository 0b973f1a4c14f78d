import { findHome } from '../../../store/home';
import { askRun } from '../../ask-run';
import { readRun } from '../../runs';
import type { Invocation, Outcome } from '../../verb';

/** Sends nothing more; what was sent goes to its end. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, actor } = invocation;
  const home = findHome(options.home);
  const known = await readRun(home, invocation.arguments[0]);
  const { record } = known;
  await invocation.confirm(
    `Stop it, with ${record.results.size} of ${known.list.length} done and ${record.inProgress().length} in progress?`,
  );
  return askRun(home, known, 'stop', { actor });
}
