import type { Artifact, Rpm } from './artifact';
import { TidegateError } from './errors';
import { compareEvr } from './rpm-version';

/** `[epoch:]version-release`, without epoch 0. */
export function evrText({ epoch, version, release }: Pick<Rpm, 'epoch' | 'version' | 'release'>): string {
  const before = ['0', '', '(none)'].includes(epoch) ? '' : `${epoch}:`;
  return `${before}${version}-${release}`;
}

/** The RPM that an artifact is named after: the one called like its package, else the first. */
export function mainRpm(packageName: string, rpms: readonly Rpm[]): Rpm | undefined {
  return rpms.find(({ name }) => name === packageName) ?? rpms[0];
}

/** The artifact that has the very same headers on the same platforms: built again, or imported again. */
export function sameBuild(
  known: readonly Artifact[],
  platforms: Readonly<Record<string, readonly { readonly headerDigest: string }[]>>,
): Artifact | undefined {
  const wanted = headers(platforms);
  return known.find((artifact) => headers(artifact.platforms) === wanted);
}

/**
 * Refuses a build that hosts would not take for an update.
 * @param known - all artifacts of the package.
 * @throws TG_RPM_NOT_NEWER when its version is taken by another build (rpm would do nothing, and undo could not tell
 * them apart by name), or when the vendor's own package in the store is as new.
 */
export function refuseUnlessNewer(
  platforms: Readonly<Record<string, readonly Rpm[]>>,
  known: readonly Artifact[],
): void {
  for (const [platform, rpms] of Object.entries(platforms))
    for (const rpm of rpms)
      for (const other of known)
        for (const theirs of (other.platforms[platform] ?? []).filter(
          ({ name, arch }) => name === rpm.name && arch === rpm.arch,
        )) {
          const order = compareEvr(rpm, theirs);
          if (order === 0 && rpm.headerDigest !== theirs.headerDigest)
            throw refusal(
              `${rpm.name} ${evrText(rpm)} is in the store with other contents, as artifact ${other.digest.slice(0, 12)}`,
            );
          if (order < 0 && other.origin === 'imported')
            throw refusal(`${rpm.name} ${evrText(rpm)} is older than the vendor's ${evrText(theirs)}`);
        }
}

const refusal = (detail: string) => new TidegateError('TG_RPM_NOT_NEWER', detail);

/**
 * What a person should read before rolling a build out: that the vendor's next update might not replace it, or that
 * its Vendor tag is another one (zypper then keeps to it, whatever the versions).
 */
export function buildWarnings(
  platforms: Readonly<Record<string, readonly Rpm[]>>,
  known: readonly Artifact[],
): string[] {
  const warnings = new Set<string>();
  for (const [platform, rpms] of Object.entries(platforms))
    for (const rpm of rpms)
      for (const theirs of known
        .filter(({ origin }) => origin === 'imported')
        .flatMap((artifact) => artifact.platforms[platform] ?? [])) {
        if (theirs.name !== rpm.name) continue;
        const next = {
          ...theirs,
          release: theirs.release.replace(/\d+/, (digits) => String(BigInt(digits) + 1n)),
        };
        if (theirs.version === rpm.version && compareEvr(rpm, next) >= 0)
          warnings.add(
            `${rpm.name} ${evrText(rpm)} would not be replaced by the vendor's next, ${evrText(next)}`,
          );
        if ((theirs.vendor ?? '') !== (rpm.vendor ?? ''))
          warnings.add(
            `the Vendor tag of ${rpm.name} changes from ${quoted(theirs.vendor)} to ${quoted(rpm.vendor)}`,
          );
      }
  return [...warnings];
}

const quoted = (vendor: string | undefined) => (vendor === undefined ? 'none' : `'${vendor}'`);

const headers = (platforms: Readonly<Record<string, readonly { readonly headerDigest: string }[]>>) =>
  Object.keys(platforms)
    .sort()
    .map(
      (platform) =>
        `${platform} ${(platforms[platform] ?? []).map(({ headerDigest }) => headerDigest).sort()}`,
    )
    .join('\n');
