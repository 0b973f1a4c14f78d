import { TidegateError } from '../../../model/errors';
import { findHome, type Home } from '../../../store/home';
import { lockHolder } from '../../../store/lock';
import { namedError } from '../../failure';
import { type KnownRollout, pictureOf, readRollout } from '../../rollouts';
import type { Invocation, Outcome } from '../../verb';
import { errorText } from '../../view/error';
import { statusText } from '../../view/rollout/status';

/** Where a rollout is, from the ledger: also when neither Temporal nor the worker runs, which it then says. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, output } = invocation;
  const home = findHome(options.home);
  let known = await readRollout(home, invocation.arguments[0]);
  const workerRuns = (await lockHolder(home.lockFile)) !== undefined;
  let stands = workerRuns && !known.record.ended ? await whyItStands(home, known) : undefined;
  if (stands) {
    // It may have come to its end just now.
    known = await readRollout(home, known.id);
    if (known.record.ended) stands = undefined;
  }
  const picture = pictureOf(known);
  const text = [statusText(picture, output.width, output.colours, Date.now())];
  if (!workerRuns && picture.phase !== 'ended') text.push(await noWorker(output));
  if (stands) text.push(errorText(stands, output.width, output.colours));
  return {
    json: {
      ...picture,
      workerRuns,
      stands: stands && { code: stands.code, detail: stands.facts.detail, next: stands.next },
    },
    text: text.join('\n'),
  };
}

/** What a worker that runs cannot tell: its workflow was ended from outside, is stuck, or Temporal does not answer. */
async function whyItStands(home: Home, { id, plan }: KnownRollout): Promise<TidegateError | undefined> {
  const { Liveness } = await import('../../liveness.js');
  const liveness = Liveness.of(home, id, plan.fleet, plan.plan.package);
  try {
    const { temporal, stuck } = await liveness.look();
    if (temporal) return stuck;
    return new TidegateError('TG_TEMPORAL_UNREACHABLE', {
      detail: 'nothing more is decided until it answers; the worker tries again',
      next: 'tidegate doctor',
    });
  } catch (error) {
    return namedError(error);
  } finally {
    await liveness.close();
  }
}

/** Loading Temporal's client takes as long as all the rest: it is only loaded where it is needed. */
async function noWorker({ colours }: Invocation['output']): Promise<string> {
  const { workerCommand } = await import('../../procedure.js');
  return `${colours.warn('No worker runs: nothing more begins.')}   In another terminal: ${workerCommand()}`;
}
