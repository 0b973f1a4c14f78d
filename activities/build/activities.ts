import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { TidegateError } from '../../model/errors';
import type { Fleet } from '../../model/fleet';
import { buildOrder } from '../../model/orders';
import { type RecipeLock, type RecipePack, recipePackSchema } from '../../model/recipe';
import { Turns } from '../../model/turns';
import type {
  BuildInput,
  BuildResult,
  BuiltOn,
  PinResult,
  PreparedBuild,
} from '../../workflows/contract/build';
import type { BuildContext } from './context';
import { Control } from './control';
import { checkDrift } from './drift';
import { type BuildInputs, buildId, makeInputs } from './inputs';
import { keepBuild } from './keep';
import { buildRemotely, buildRunner } from './remote-build';
import { fetchPinned, fetchUnpinned } from './sources';

const sha256 = z.string();
const sourcesSchema = z.record(z.string(), z.object({ sha256, sizeBytes: z.number() }));
const inputsSchema = z.object({
  bundle: sha256,
  spec: sha256,
  patches: z.array(z.object({ name: z.string(), sha256 })),
  macros: z.string(),
  sourceDateEpoch: z.number(),
});

export type BuildActivities = ReturnType<typeof createBuildActivities>;

/** The activities of a build, over what the secured worker holds. */
export function createBuildActivities(context: BuildContext) {
  const { files } = context;
  const turns = new Turns();
  return {
    /** Fetches the sources as they are now, for recipe.lock. */
    async pinSources(input: BuildInput): Promise<PinResult> {
      const { pack, fleet, platforms } = await open(context, input);
      const sources = await fetchUnpinned(files, pack, () => controlOf(context, fleet, platforms[0]));
      const date = pack.recipe.date ?? `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
      const lock: RecipeLock = { date, sources };
      return { lock: await files.putJson(lock) };
    },

    /** Brings the pinned sources into the store and lays out what rpmbuild needs. */
    async prepareBuild(input: BuildInput): Promise<PreparedBuild> {
      await prove(context, input);
      const { pack, fleet, platforms } = await open(context, input);
      const sources = await fetchPinned(files, pack, () => controlOf(context, fleet, platforms[0]));
      const inputs = await makeInputs(files, pack, sources);
      return { sources: await files.putJson(sources), inputs: await files.putJson(inputs), platforms };
    },

    /** Builds on the control instance of one platform; another attempt attaches to the build that runs there. */
    async buildOn(input: BuildInput, prepared: PreparedBuild, platform: string): Promise<BuiltOn> {
      const signal = Context.current().cancellationSignal;
      const actor = await prove(context, input);
      const inputs: BuildInputs = await files.getJson(prepared.inputs, inputsSchema);
      const control = controlOf(context, await context.fleet(), platform);
      const { packages, arch } = await checkDrift(context, control, platform, {
        accept: input.acceptDrift ?? false,
        actor,
        nowIso: new Date().toISOString(),
      });
      const id = buildId(inputs, platform, buildRunner());
      // The first of two that attach to one build takes away what it left, which the other would still be reading.
      const built = await turns.take(id, () =>
        buildRemotely(files, control, { id, bundlePath: files.path(inputs.bundle), signal }),
      );
      return { platform, control: control.host.name, arch, packages, ...built };
    },

    /** Checks and signs what was built, and records it as an artifact. */
    async keepArtifact(
      input: BuildInput,
      prepared: PreparedBuild,
      builds: readonly BuiltOn[],
      nowIso: string,
    ): Promise<BuildResult> {
      const actor = await prove(context, input);
      const kept = await keepBuild(context, {
        pack: await files.getJson(input.recipe, recipePackSchema),
        recipe: input.recipe,
        inputs: await files.getJson(prepared.inputs, inputsSchema),
        sources: await files.getJson(prepared.sources, sourcesSchema),
        builds,
        actor,
        nowIso,
      });
      const { artifact, already, warnings } = kept;
      return { artifact: artifact.digest, version: artifact.version, already, warnings };
    },
  };
}

/** Each activity of a build asks for itself: what one of them did is no proof for another that is sent alone. */
const prove = ({ authority }: BuildContext, input: BuildInput) => authority.prove(input, buildOrder(input));

async function open(
  context: BuildContext,
  input: BuildInput,
): Promise<{ pack: RecipePack; fleet: Fleet; platforms: string[] }> {
  const pack = await context.files.getJson(input.recipe, recipePackSchema);
  const fleet = await context.fleet();
  const platforms = pack.recipe.platforms ?? Object.keys(fleet.file.control).sort();
  if (platforms.length === 0)
    throw new TidegateError('TG_CONTROL_MISSING', 'fleet.yaml names no control instance for any platform');
  // All are there before anything is fetched or built.
  for (const platform of platforms) controlOf(context, fleet, platform);
  return { pack, fleet, platforms };
}

const controlOf = ({ hosts }: BuildContext, fleet: Fleet, platform = '') =>
  Control.of(hosts, fleet, platform);
