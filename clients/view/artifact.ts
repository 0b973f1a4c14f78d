import { type Artifact, nevra } from '../../model/artifact';
import type { Provenance } from '../../model/provenance';
import type { KeptArtifact } from '../../store/artifacts';
import { stamp, stampMinute } from './clock';
import { printable } from './printable';
import { type Column, table } from './table';

/** Digits of a digest that people compare and type. */
export const shortDigest = (digest: string) => digest.slice(0, 12);

/** An artifact in a few lines, for the verb that made it. */
export function artifactLines(artifact: Artifact): string[] {
  const packages = Object.entries(artifact.platforms).flatMap(([platform, rpms]) =>
    rpms.map((rpm) => `  ${platform}  ${nevra(rpm)}  ${sizeText(rpm.sizeBytes)}`),
  );
  return [...packages, `artifact ${shortDigest(artifact.digest)}   signed ${artifact.signedBy}`];
}

const columns: readonly Column[] = ['artifact', 'package', 'origin', 'kept', 'platforms'].map((title) => ({
  title,
}));

/** The list of artifacts, as given; who kept one is told where it is shown. */
export function artifactTable(kept: readonly KeptArtifact[], width: number): string {
  const rows = kept.map(({ artifact }) => [
    shortDigest(artifact.digest),
    `${artifact.package} ${artifact.version}`,
    artifact.origin,
    stampMinute(artifact.createdAt),
    Object.keys(artifact.platforms).join(' '),
  ]);
  return table(columns, rows, width);
}

/** Everything that is known of an artifact. */
export function artifactText({ artifact, actor }: KeptArtifact, provenance: Provenance | undefined): string {
  const packages = Object.entries(artifact.platforms).flatMap(([platform, rpms]) => [
    platform,
    ...rpms.flatMap((rpm) => [
      `  ${nevra(rpm)}   ${sizeText(rpm.sizeBytes)}${rpm.vendor === undefined ? '' : `   vendor ${printable(rpm.vendor)}`}`,
      `    file    ${rpm.sha256}`,
      `    header  ${rpm.headerDigest}`,
    ]),
  ]);
  const why = [actor.reason, actor.ticket].filter((text) => text !== undefined).map(printable);
  return [
    `${artifact.package} ${artifact.version}   ${artifact.origin}`,
    `artifact  ${artifact.digest}`,
    `signed    ${artifact.signedBy}`,
    `kept      ${stamp(artifact.createdAt)} by ${printable(actor.name)} (${actor.proof})${why.length > 0 ? `: ${why.join(', ')}` : ''}`,
    ...packages,
    ...provenanceLines(provenance),
  ].join('\n');
}

/** How an artifact came to be, a line a fact; nothing for one that was imported. JSON has whole digests of patches. */
export function provenanceLines(provenance: Provenance | undefined): string[] {
  if (provenance === undefined) return [];
  const { fixes, sources, patches, builds } = provenance;
  return [
    ...(fixes.length > 0 ? [`fixes     ${fixes.join(', ')}`] : []),
    `recipe    ${provenance.recipe}`,
    `spec      ${provenance.spec}`,
    ...Object.entries(sources).flatMap(([name, { sha256 }]) => [`source    ${name}`, `          ${sha256}`]),
    ...patches.map(({ name, sha256 }) => `patch     ${shortDigest(sha256)}  ${name}`),
    ...builds.flatMap(({ platform, control, packages, log }) => [
      `built on  ${control} for ${platform}, dated ${new Date(provenance.sourceDateEpoch * 1000).toISOString()}`,
      `log       ${log}`,
      `packages  ${packages}`,
    ]),
  ];
}

/** `142 KB`, in thousands. */
function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
