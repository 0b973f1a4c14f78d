import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A line `Obsoletes: NAME [SENSE EVR]` of a header: what the package replaces under another name. */
export const obsoletesSchema = z.object({
  name: z.string(),
  sense: z.enum(['', '<', '<=', '=', '>=', '>']),
  /** `[epoch:]version[-release]`; '' is any version. */
  evr: z.string(),
});
export type Obsoletes = z.infer<typeof obsoletesSchema>;

/** One RPM file of an artifact, described by its own header. */
export const rpmSchema = z.object({
  file: z.string(),
  sha256,
  sizeBytes: z.number().int(),
  name: z.string(),
  epoch: z.string(),
  version: z.string(),
  release: z.string(),
  arch: z.string(),
  /** rpm's SHA256HEADER tag: tells two builds of one NEVRA apart. */
  headerDigest: z.string(),
  installedSizeBytes: z.number().int(),
  vendor: z.string().optional(),
  obsoletes: z.array(obsoletesSchema).optional(),
});
export type Rpm = z.infer<typeof rpmSchema>;

/** A set of RPMs applied in one transaction, named by the digest of this manifest's canonical JSON. */
export const artifactSchema = z.object({
  digest: sha256,
  package: z.string(),
  /** EVR without epoch 0: `6.0-28.1` or `1:2-3`. */
  version: z.string(),
  platforms: z.record(z.string(), z.array(rpmSchema)),
  origin: z.enum(['built', 'imported']),
  signedBy: z.string(),
  createdAt: z.string(),
  /** For built artifacts: digest, in the store, of the provenance document. */
  provenance: sha256.optional(),
});
export type Artifact = z.infer<typeof artifactSchema>;

/** `name-version-release.arch`, with the epoch when it is not 0, as rpm takes it on its command line. */
export function nevra(rpm: Pick<Rpm, 'name' | 'epoch' | 'version' | 'release' | 'arch'>): string {
  const epoch = rpm.epoch === '0' || rpm.epoch === '' || rpm.epoch === '(none)' ? '' : `${rpm.epoch}:`;
  return `${rpm.name}-${epoch}${rpm.version}-${rpm.release}.${rpm.arch}`;
}
