import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ArtifactActivities } from '../activities/artifacts';
import type { BuildActivities } from '../activities/build/activities';
import type { BuildInput, BuildResult, ImportInput, ImportResult, PinResult } from './contract/build';
import { heartbeatTimeout } from './proxies';

/** A control instance that reboots is back in minutes; what is refused is refused at once. */
const untilBack = { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 40 };

/** Sources come from the network, and it may be slow: each has its own limit of 30 min. */
const fetching = proxyActivities<BuildActivities>({
  startToCloseTimeout: '2h',
  heartbeatTimeout,
  retry: { ...untilBack, maximumAttempts: 5 },
  summary: 'fetch and pin the sources',
});

/** Another attempt attaches to the build; its own deadline on the control instance is 4 h. */
const building = (platform: string) =>
  proxyActivities<BuildActivities>({
    startToCloseTimeout: '6h',
    heartbeatTimeout,
    retry: untilBack,
    summary: `build for ${platform}`,
  });

/** rpmsign on a set of packages takes seconds. */
const keeping = proxyActivities<BuildActivities & ArtifactActivities>({
  startToCloseTimeout: '30m',
  heartbeatTimeout,
  retry: { ...untilBack, maximumAttempts: 5 },
  summary: 'check, sign and keep',
});

/** recipe → pinned sources → build on each control instance, without network → signed set of RPMs in the store. */
export async function build(input: BuildInput): Promise<BuildResult> {
  setCurrentDetails(`${input.package}: fetching the pinned sources`);
  const prepared = await fetching.prepareBuild(input);
  setCurrentDetails(`${input.package}: building for ${prepared.platforms.join(', ')}`);
  const builds = await Promise.all(
    prepared.platforms.map((platform) => building(platform).buildOn(input, prepared, platform)),
  );
  setCurrentDetails(`${input.package}: signing`);
  const result = await keeping.keepArtifact(input, prepared, builds, new Date().toISOString());
  setCurrentDetails(`${input.package} ${result.version}: artifact ${result.artifact.slice(0, 12)}`);
  return result;
}

/** What recipe.lock is written from: the sources of a recipe as they are now. */
export async function pinRecipe(input: BuildInput): Promise<PinResult> {
  return fetching.pinSources(input);
}

/** A vendor's RPMs into the store, for undo and for rollouts. */
export async function importArtifacts(input: ImportInput): Promise<ImportResult> {
  return keeping.importRpms(input, new Date().toISOString());
}
