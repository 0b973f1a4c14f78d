import { ask } from '../ask';
import type { Chaos, Injections } from '../chaos';

/** Types a verb; from two terminals at once, by the fault's number. */
const types =
  (verb: string, then?: string): Injections[string] =>
  async (chaos, { number }) => {
    const terminals = number % 2 === 0 ? [verb, verb] : [verb];
    await Promise.all(terminals.map((each) => type(chaos, each)));
    return then === undefined ? undefined : () => type(chaos, then);
  };

export const personFaults: Injections = {
  'pauses, then resumes': types('pause', 'resume'),
  'pauses and resumes from two terminals': async (chaos) => {
    await Promise.all([type(chaos, 'pause'), type(chaos, 'resume')]);
    return () => type(chaos, 'resume');
  },
  resumes: types('resume'),
  approves: types('approve'),
  retries: types('retry'),
  'rolls back': types('rollback'),
  aborts: types('abort'),
};

async function type(chaos: Chaos, verb: string): Promise<void> {
  const { wrong } = await ask(chaos.setting, chaos.rollout, verb);
  if (wrong !== undefined) chaos.violate(wrong);
}
