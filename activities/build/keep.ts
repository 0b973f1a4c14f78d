import { createHash } from 'node:crypto';
import type { Actor } from '../../model/actor';
import type { Artifact, Rpm } from '../../model/artifact';
import { buildWarnings, evrText, mainRpm, refuseUnlessNewer, sameBuild } from '../../model/artifact-rules';
import { canonicalJson } from '../../model/canonical';
import { TidegateError } from '../../model/errors';
import { provenanceSchema } from '../../model/provenance';
import type { RecipePack } from '../../model/recipe';
import { readRpm } from '../../store/rpm/read';
import { findSigningKey } from '../../store/rpm/signing-key';
import type { BuiltOn } from '../../workflows/contract/build';
import type { BuildContext } from './context';
import type { BuildInputs } from './inputs';
import { signRpms } from './sign';
import type { Sources } from './sources';

/** All builds of one recipe, done and not yet judged. */
interface FinishedBuild {
  readonly pack: RecipePack;
  /** Digest of the pack. */
  readonly recipe: string;
  readonly inputs: BuildInputs;
  readonly sources: Sources;
  readonly builds: readonly BuiltOn[];
  readonly actor: Actor;
  readonly nowIso: string;
}

/**
 * Judges what was built, signs it and records it as an artifact with its provenance.
 * What is in the store already, to the byte before signing, is not kept twice.
 * @throws TG_PLATFORM_WRONG, TG_RPM_NOT_NEWER, TG_RPM_DAMAGED, TG_SIGNING_KEY_MISSING.
 */
export async function keepBuild(
  context: BuildContext,
  given: FinishedBuild,
): Promise<{ artifact: Artifact; already: boolean; warnings: string[] }> {
  const { files, artifacts } = context;
  const packageName = given.pack.recipe.package;
  const unsigned: Record<string, Rpm[]> = {};
  for (const { platform, arch, rpms } of given.builds)
    unsigned[platform] = await Promise.all(
      rpms.map(async ({ file, sha256 }) =>
        fitting((await readRpm(files.path(sha256), file)).rpm, arch, platform),
      ),
    );
  const known = (await artifacts.list(packageName)).map(({ artifact }) => artifact);
  const same = sameBuild(known, unsigned);
  const warnings = buildWarnings(unsigned, known);
  // What is not to be kept is not signed.
  if (same) return { artifact: same, already: true, warnings };
  refuseUnlessNewer(unsigned, known);
  const key = await findSigningKey(await context.fleet());
  const platforms: Record<string, Rpm[]> = {};
  for (const [platform, rpms] of Object.entries(unsigned))
    platforms[platform] = await signRpms(files, key, rpms);
  const artifact = makeArtifact({
    package: packageName,
    platforms,
    origin: 'built',
    signedBy: key.fingerprint,
    createdAt: given.nowIso,
    provenance: await files.putJson(provenanceSchema.parse(provenanceOf(given))),
  });
  return { ...(await artifacts.add(artifact, given.actor)), warnings };
}

function provenanceOf({ pack, recipe, inputs, sources, builds, actor, nowIso }: FinishedBuild) {
  return { recipe, fixes: pack.recipe.fixes, sources, ...inputs, builds, actor, at: nowIso };
}

/** Names an artifact by the digest of its manifest. */
export function makeArtifact(given: Omit<Artifact, 'digest' | 'version'>): Artifact {
  const main = mainRpm(given.package, Object.values(given.platforms).flat());
  if (main === undefined)
    throw new TidegateError('TG_INTERNAL', `an artifact of ${given.package} without packages`);
  const manifest = { ...given, version: evrText(main) };
  return { ...manifest, digest: createHash('sha256').update(canonicalJson(manifest)).digest('hex') };
}

function fitting(rpm: Rpm, arch: string, platform: string): Rpm {
  if (rpm.arch === 'noarch' || rpm.arch === arch) return rpm;
  throw new TidegateError('TG_PLATFORM_WRONG', {
    detail: `${rpm.file} is for ${rpm.arch}; the control instance of ${platform} is ${arch}`,
    next: 'take the architecture (BuildArch, --target) out of the spec',
  });
}
