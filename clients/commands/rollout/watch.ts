import { findHome } from '../../../store/home';
import type { ExitCode, Invocation } from '../../verb';
import { watchRollout } from '../../watch-rollout';

/** Shows a rollout until it ends; Ctrl-C leaves it running. */
export async function run({ options, output, arguments: [id] }: Invocation): Promise<ExitCode> {
  return watchRollout(findHome(options.home), id, output);
}
