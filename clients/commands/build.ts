import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { type LoadedRecipe, loadRecipe } from '../../fleet/recipe';
import { packRecipe } from '../../fleet/recipe-pack';
import { buildOrder } from '../../model/orders';
import { type RecipeLock, recipeLockSchema } from '../../model/recipe';
import { Artifacts } from '../../store/artifacts';
import { Files } from '../../store/files';
import { findHome, type Home } from '../../store/home';
import { Ledger } from '../../store/ledger';
import {
  type BuildInput,
  type BuildResult,
  buildWorkflowId,
  type PinResult,
} from '../../workflows/contract/build';
import { fleetName, runProcedure } from '../procedure';
import { signOrder } from '../sign-order';
import type { Invocation, Outcome } from '../verb';
import { artifactLines } from '../view/artifact';

/** Builds a recipe on the control instances, and signs and keeps what comes of it; `--pin` writes recipe.lock instead. */
export async function run(
  invocation: Invocation<{ pin?: boolean; acceptDrift?: boolean }>,
): Promise<Outcome> {
  const { options, actor } = invocation;
  const [path = ''] = invocation.arguments;
  const home = findHome(options.home);
  const loaded = await loadRecipe(path);
  const input: BuildInput = {
    fleet: await fleetName(home),
    package: loaded.recipe.package,
    recipe: await packRecipe(new Files(home.files), loaded),
    actor,
    acceptDrift: options.acceptDrift,
  };
  return options.pin ? pin(invocation, home, loaded, input) : build(invocation, home, path, input);
}

async function build(invocation: Invocation, home: Home, path: string, input: BuildInput): Promise<Outcome> {
  const { output } = invocation;
  await invocation.confirm(`Build ${path} on the control instances and sign the packages?`);
  const signed: BuildInput = { ...input, mandate: await signOrder(home, invocation, buildOrder(input)) };
  const result = await runProcedure<BuildResult>(home, {
    workflow: 'build',
    input: signed,
    package: input.package,
    doing: `building ${path}`,
    output,
    workflowId: buildWorkflowId(input.fleet, input.package, input.recipe),
  });
  const artifacts = await Artifacts.open(await Ledger.open(home.ledger), new Files(home.files));
  const { artifact } = await artifacts.byDigest(result.artifact);
  const { good, warn } = output.colours;
  const lines = [
    good(
      result.already
        ? `${artifact.package} ${artifact.version} is in the store already: built again, it is the same to the byte`
        : `Built ${artifact.package} ${artifact.version}`,
    ),
    ...artifactLines(artifact),
    ...result.warnings.map((warning) => warn(`Note: ${warning}`)),
    `Next: tidegate rollout plan PLAN   (package: ${artifact.package}, hosts: …)`,
  ];
  return { json: { ...result, ...artifact }, text: lines.join('\n') };
}

async function pin(
  invocation: Invocation,
  home: Home,
  loaded: LoadedRecipe,
  input: BuildInput,
): Promise<Outcome> {
  const { output } = invocation;
  const { lock: digest } = await runProcedure<PinResult>(home, {
    workflow: 'pinRecipe',
    input,
    package: input.package,
    doing: `fetching the sources of ${input.package}`,
    output,
  });
  const lock = await new Files(home.files).getJson(digest, recipeLockSchema);
  const changes = loaded.lock === undefined ? [] : changed(loaded.lock, lock);
  if (changes.length > 0) {
    for (const line of changes) output.note(line);
    await invocation.confirm(`Write the new checksums to ${loaded.lockFile}?`);
  }
  await writeFile(loaded.lockFile, `${lockHeading}\n${stringify(lock)}`);
  const names = Object.keys(lock.sources);
  return {
    json: { lockFile: loaded.lockFile, ...lock },
    text: [
      `Pinned ${names.length === 1 ? 'the source' : `${names.length} sources`} in ${loaded.lockFile}`,
      ...names.map((name) => `  ${lock.sources[name]?.sha256}  ${name}`),
      `Next: read it, commit it, then: tidegate build ${invocation.arguments[0]}`,
    ].join('\n'),
  };
}

const lockHeading = '# Written by tidegate build --pin. Keep it beside the recipe.';

function changed(before: RecipeLock, after: RecipeLock): string[] {
  const names = new Set([...Object.keys(before.sources), ...Object.keys(after.sources)]);
  return [...names].flatMap((name) => {
    const [old, now] = [before.sources[name]?.sha256, after.sources[name]?.sha256];
    return old === now ? [] : [`${name}\n  pinned  ${old ?? 'not at all'}\n  now     ${now ?? 'gone'}`];
  });
}
