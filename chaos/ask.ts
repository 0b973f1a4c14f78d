import { type Answer, type Setting, tidegate } from './setting';

/** Every verb answers in time, also while the server is away. */
const answersWithinMs = 60_000;

/** Verbs that would stay to show what comes of them. */
const watches = ['retry', 'rollback'];

/** Whoever types what there is to be typed is not told these. */
const neverNamed = ['TG_INTERNAL', 'TG_USAGE'];

/** Types a verb of a rollout, as a person would. @returns what is wrong with the answer: a refusal has a name. */
export async function ask(
  setting: Setting,
  rollout: string,
  verb: string,
  more: readonly string[] = [],
): Promise<{ readonly code: Answer['code']; readonly wrong?: string }> {
  const detach = watches.includes(verb) ? ['--detach'] : [];
  const words = ['rollout', verb, rollout, '--yes', ...detach, ...more];
  const { code, err } = await tidegate(setting, words, answersWithinMs);
  const named = /TG_[A-Z_]+/.exec(err)?.[0];
  if (code === 0 || (code !== null && named !== undefined && !neverNamed.includes(named))) return { code };
  return {
    code,
    wrong: `tidegate ${words.join(' ')}: ${code === null ? 'no answer' : `exit ${code}`}: ${err}`,
  };
}
