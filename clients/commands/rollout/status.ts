import { findHome } from '../../../store/home';
import { lockHolder } from '../../../store/lock';
import { pictureOf, readRollout } from '../../rollouts';
import type { Invocation, Outcome } from '../../verb';
import { statusText } from '../../view/rollout/status';

/** Where a rollout is, from the ledger: also when neither Temporal nor the worker runs, which it then says. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, output } = invocation;
  const home = findHome(options.home);
  const picture = pictureOf(await readRollout(home, invocation.arguments[0]));
  const workerRuns = (await lockHolder(home.lockFile)) !== undefined;
  const text = statusText(picture, output.width, output.colours, Date.now());
  const stands = !workerRuns && picture.phase !== 'ended';
  return { json: { ...picture, workerRuns }, text: stands ? `${text}\n${await whoStands(output)}` : text };
}

/** Only here is anything of Temporal's needed: loading its client takes as long as all the rest. */
async function whoStands({ colours }: Invocation['output']): Promise<string> {
  const { workerCommand } = await import('../../procedure.js');
  return `${colours.warn('No worker runs: nothing more begins.')}   In another terminal: ${workerCommand()}`;
}
