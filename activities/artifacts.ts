import { resolve } from 'node:path';
import type { Actor } from '../model/actor';
import type { Artifact, Rpm } from '../model/artifact';
import { canonicalJson } from '../model/canonical';
import { TidegateError } from '../model/errors';
import type { Fleet } from '../model/fleet';
import { importOrder } from '../model/orders';
import { Keyring, type TrustedKey } from '../store/rpm/keyring';
import type { ImportInput, ImportResult } from '../workflows/contract/build';
import type { BuildContext } from './build/context';
import { makeArtifact } from './build/keep';
import { sha256 } from './rollout/identity';

export type ArtifactActivities = ReturnType<typeof createArtifactActivities>;

/** What is done with packages that others built. */
export function createArtifactActivities(context: BuildContext) {
  return {
    /**
     * Takes RPMs of the store under the fleet's trustedKeys: one artifact for each source package they were made
     * from. Nothing is recorded unless all of them are accepted.
     * @throws TG_MANDATE_MISSING, TG_MANDATE_REFUSED, TG_RPM_DAMAGED, TG_RPM_UNSIGNED, TG_RPM_FOREIGN_SIGNED, TG_PLATFORM_WRONG.
     */
    async importRpms(input: ImportInput, nowIso: string): Promise<ImportResult> {
      const order = importOrder(sha256(canonicalJson(input.files)), input.platform);
      const actor = await context.authority.prove(input, order);
      const fleet = await context.fleet();
      const keys = fleet.file.trustedKeys.map((file) => resolve(fleet.folder, file));
      const checked = await Keyring.use(keys, async (keyring) => {
        const all: Checked[] = [];
        for (const { name, sha256 } of input.files) {
          const { read, key } = await keyring.check(context.files.path(sha256), name);
          all.push({
            rpm: read.rpm,
            source: read.sourceRpm,
            key,
            platforms: platformsOf(fleet, read.rpm, input.platform),
          });
        }
        return all;
      });
      const artifacts: ImportResult['artifacts'][number][] = [];
      for (const source of new Set(checked.map(({ source }) => source))) {
        const group = checked.filter((one) => one.source === source);
        const { artifact, already } = await keepImported(context, group, actor, nowIso);
        const { digest, package: packageName, version } = artifact;
        artifacts.push({
          digest,
          package: packageName,
          version,
          platforms: Object.keys(artifact.platforms),
          already,
        });
      }
      return { artifacts };
    },
  };
}

interface Checked {
  readonly rpm: Rpm;
  /** `unzip-6.0-28.src.rpm` */
  readonly source: string;
  readonly key: TrustedKey;
  readonly platforms: readonly string[];
}

async function keepImported(
  { artifacts }: BuildContext,
  group: readonly Checked[],
  actor: Actor,
  nowIso: string,
): Promise<{ artifact: Artifact; already: boolean }> {
  const platforms: Record<string, Rpm[]> = {};
  for (const { rpm, platforms: names } of group)
    for (const name of names) platforms[name] = [...(platforms[name] ?? []), rpm];
  const packageName = packageOf(group);
  const artifact = makeArtifact({
    package: packageName,
    platforms,
    origin: 'imported',
    signedBy: [...new Set(group.map(({ key }) => key.fingerprint))].join(' '),
    createdAt: nowIso,
  });
  return artifacts.add(artifact, actor);
}

/** The source package's name when a package of the set has it, else that of the first. */
function packageOf(group: readonly Checked[]): string {
  const source = group[0]?.source.replace(/-[^-]+-[^-]+\.(src|nosrc)\.rpm$/, '') ?? '';
  return group.some(({ rpm }) => rpm.name === source) ? source : (group[0]?.rpm.name ?? source);
}

/** By the end of a platform's name: `sles15-s390x` takes s390x, and noarch. */
function platformsOf(fleet: Fleet, rpm: Rpm, wanted: string | undefined): string[] {
  const known = [
    ...new Set([...Object.keys(fleet.file.control), ...fleet.hosts.map(({ platform }) => platform)]),
  ];
  if (rpm.arch === 'src')
    throw wrong(`${rpm.file} is a source package: build it with source: { file: ${rpm.file} }`);
  const takes = (platform: string) => rpm.arch === 'noarch' || platform.endsWith(`-${rpm.arch}`);
  if (wanted !== undefined) {
    if (!known.includes(wanted))
      throw wrong(`no platform ${wanted} in the fleet; it has ${known.join(', ')}`);
    if (!takes(wanted)) throw wrong(`${rpm.file} is for ${rpm.arch}, not for ${wanted}`);
    return [wanted];
  }
  const fitting = known.filter(takes).sort();
  if (fitting.length === 0) throw wrong(`${rpm.file} is for ${rpm.arch}; the fleet has ${known.join(', ')}`);
  if (fitting.length > 1 && rpm.arch !== 'noarch')
    throw wrong(`${rpm.file} may be for ${fitting.join(' or ')}: say which with --platform`);
  return fitting;
}

const wrong = (detail: string) => new TidegateError('TG_PLATFORM_WRONG', detail);
