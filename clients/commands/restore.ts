import { fold } from '../../model/nodeset';
import { findHome } from '../../store/home';
import { restore } from '../../workers/restore';
import { workerCommand } from '../procedure';
import type { Invocation, Outcome } from '../verb';
import { stamp } from '../view/clock';

/** Puts the state of the home back to a backup; every rollout comes up held. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const home = findHome(invocation.options.home);
  const [file = ''] = invocation.arguments;
  const { before, held, ...backup } = await restore(home, file, ({ at, machine }) =>
    invocation.confirm(`Put ${home.folder} back to ${stamp(at)} (backed up on ${machine})?`),
  );
  return {
    json: { file, before, held, ...backup },
    text: [
      `${home.folder} is as it was at ${stamp(backup.at)}; what was there is in ${before}`,
      ...(held.length > 0 ? [`Still held, as they were before it: ${fold(held)}`] : []),
      'Every rollout comes up paused. Hosts that have changed since refuse what would be done twice (TG_HOST_MOVED).',
      `Next: ${workerCommand()}`,
      '      tidegate rollout list, then resume or abort each',
    ].join('\n'),
  };
}
