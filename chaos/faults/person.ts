import type { Chaos, Injections } from '../chaos';
import { tidegate } from '../setting';

/** Every verb answers in time, also while the server is away. */
const answersWithinMs = 60_000;

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

const watches = ['retry', 'rollback'];

/** A refusal has a name; whatever else a verb comes to must not be. */
async function type(chaos: Chaos, verb: string): Promise<void> {
  const detach = watches.includes(verb) ? ['--detach'] : [];
  const words = ['rollout', verb, chaos.rollout, '--yes', ...detach];
  const { code, err } = await tidegate(chaos.setting, words, answersWithinMs);
  if (code === 0) return;
  const named = /TG_[A-Z_]+/.exec(err)?.[0];
  if (code === null || named === undefined || named === 'TG_INTERNAL')
    chaos.violate(`tidegate ${words.join(' ')}: ${code === null ? 'no answer' : `exit ${code}`}: ${err}`);
}
