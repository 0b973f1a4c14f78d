import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadDocument } from '../../fleet/document';
import { loadRecipe } from '../../fleet/recipe';
import { packRecipe } from '../../fleet/recipe-pack';
import { TidegateError } from '../../model/errors';
import { buildOrder, rolloutOrder } from '../../model/orders';
import { planSchema } from '../../model/plan';
import { Files } from '../../store/files';
import { findHome, type Home } from '../../store/home';
import type { ReleaseInput } from '../../workflows/contract/release';
import { followRelease } from '../follow-release';
import { readProblems } from '../plans';
import { fleetName } from '../procedure';
import { type AskedRelease, dropRelease, takeUpRelease } from '../releases';
import { readPlan } from '../rollouts';
import { signOrder } from '../sign-order';
import { type ExitCode, type Invocation, interrupted, type Outcome } from '../verb';
import { planLines } from '../view/rollout/plan';
import { shortId } from '../view/rollout/words';
import { counted } from '../view/sums';
import { watchRollout } from '../watch-rollout';

/** 128 random bits, as for every rollout (DESIGN.md decision 1). */
const idBytes = 16;

type Options = { yes?: boolean; detach?: boolean; drop?: boolean; acceptDrift?: boolean };

/**
 * Builds a recipe, plans for what was built, asks with the plan's counts, and rolls it out. The same command line
 * takes up a release that is under way, wherever it is: building, waiting for a person, or rolling out.
 */
export async function run(invocation: Invocation<Options>): Promise<Outcome | ExitCode> {
  const { options } = invocation;
  const home = findHome(options.home);
  const input = await readInput(invocation, home);
  if (options.drop) return drop(invocation, home, input);
  const asked = await takeUpRelease(home, input, async () => {
    // Whoever leaves at once has asked for no more than a build and a plan, unless --yes.
    if (!options.detach)
      await invocation.confirm(
        `Build ${input.recipePath}, sign it, and plan ${input.planPath}? (asks again before any host)`,
      );
    const mandate = await signOrder(home, invocation, buildOrder(input));
    // Where signatures count, a yes beforehand is none: what is signed for hosts is a plan.
    return { ...input, mandate, confirmed: options.yes === true && mandate === undefined };
  });
  try {
    return await (options.detach ? detached(asked) : carriedThrough(invocation, home, asked));
  } finally {
    await asked.close();
  }
}

/** Reads both files here, so that a mistake in one is shown by line before anything is built. */
async function readInput(
  { options, actor, arguments: words }: Invocation<Options>,
  home: Home,
): Promise<ReleaseInput> {
  const [recipePath = '', planPath = ''] = words;
  const loaded = await loadRecipe(recipePath);
  const plan = await loadDocument(planPath, planSchema);
  if (plan.package !== loaded.recipe.package)
    throw new TidegateError(
      'TG_RELEASE_MISMATCH',
      `${recipePath} is for ${loaded.recipe.package}, and ${planPath} for ${plan.package}`,
    );
  const files = new Files(home.files);
  return {
    fleet: await fleetName(home),
    rollout: `r-${randomBytes(idBytes).toString('hex')}`,
    package: plan.package,
    recipe: await packRecipe(files, loaded),
    recipePath: resolve(recipePath),
    planFile: await files.put(await readFile(planPath)),
    planPath: resolve(planPath),
    actor,
    acceptDrift: options.acceptDrift,
    confirmed: false,
  };
}

async function carriedThrough(
  invocation: Invocation<Options>,
  home: Home,
  asked: AskedRelease,
): Promise<Outcome | ExitCode> {
  const { output } = invocation;
  for (;;) {
    const state = await followRelease(home, asked, output);
    if (state === 'started') return watchRollout(home, asked.rollout, output);
    if (state === 'waiting') await decide(invocation, home, asked);
    else if (state === 'dropped')
      throw new TidegateError('TG_DECLINED', `${shortId(asked.rollout)} was dropped`);
    else {
      output.note(
        `It goes on without you, and asks before any host is touched.   Take it up: ${asked.again}`,
      );
      return interrupted;
    }
  }
}

/** Shows what was planned and asks; a no drops the release, and no terminal to ask on leaves it waiting. */
async function decide(invocation: Invocation<Options>, home: Home, asked: AskedRelease): Promise<void> {
  const { output, actor } = invocation;
  const { planned } = asked.record;
  const known = await readPlan(home, planned?.plan ?? '');
  const problems = await readProblems(home, planned?.problems ?? '');
  for (const line of planLines({ ...known, problems }, output.width, output.noteColours)) output.note(line);
  const { plan } = known;
  try {
    await invocation.confirm(
      `Change ${plan.plan.package} to ${plan.artifact.version} on ${counted(plan.hosts, 'host')} of ${plan.fleet}, in ${counted(plan.waves.length, 'wave')}?`,
    );
  } catch (error) {
    if (!(error instanceof TidegateError) || error.code !== 'TG_DECLINED') throw error;
    await asked.signal('drop', { actor });
    throw new TidegateError('TG_DECLINED', {
      detail: `${error.message}, and ${shortId(asked.rollout)} is dropped`,
      next: `${asked.again}   (begins anew; what was built is kept)`,
    });
  }
  const order = rolloutOrder('start', { rollout: asked.rollout, plan: known.digest });
  const mandate = await signOrder(home, invocation, order);
  await asked.signal('confirm', { actor, mandate, request: asked.request });
}

async function drop(invocation: Invocation<Options>, home: Home, input: ReleaseInput): Promise<Outcome> {
  const { actor } = invocation;
  const rollout = await dropRelease(home, input, (id) => invocation.confirm(`Drop ${id}?`), actor);
  const id = shortId(rollout);
  return {
    json: { rollout, dropped: true },
    text: `${id} is dropped; a build that is under way goes to its end\nNext: tidegate rollout events ${id}`,
  };
}

function detached({ rollout, again }: AskedRelease): Outcome {
  const id = shortId(rollout);
  return {
    json: { rollout },
    text: `${id} is under way: it builds, plans, and goes on when it was confirmed\nNext: tidegate rollout events ${id} --follow\n      ${again}`,
  };
}
