import { z } from 'zod';
import { type Actor, actorSchema } from '../model/actor';
import { type Artifact, artifactSchema, type Rpm } from '../model/artifact';
import { refuseUnlessNewer, sameBuild } from '../model/artifact-rules';
import { TidegateError } from '../model/errors';
import type { Installed } from '../model/ledger';
import { type Provenance, provenanceSchema } from '../model/provenance';
import { compareEvr, parseEvr } from '../model/rpm-version';
import { Turns } from '../model/turns';
import type { Files } from './files';
import type { Ledger } from './ledger';

/** The ledger's book of artifacts: one entry for each that was built or imported, with who and why. */
const book = 'artifacts';
const entrySchema = z.object({ at: z.iso.datetime(), artifact: artifactSchema, actor: actorSchema });

/** An artifact, and who put it into the store. */
export type KeptArtifact = z.infer<typeof entrySchema>;

/** Fewer digits of a digest than this may as well be a version. */
const shortestPrefix = 6;

/** The sets of RPMs in the store. The ledger says which there are, the files hold their bytes. */
export class Artifacts {
  /** Of those that add: the list that each of them looks at has what the one before it added. */
  readonly #turns = new Turns();

  private constructor(
    private readonly ledger: Ledger,
    private readonly files: Files,
  ) {}

  static async open(ledger: Ledger, files: Files): Promise<Artifacts> {
    return new Artifacts(ledger, files);
  }

  /**
   * Records an artifact whose RPMs are in the store already, unless the very same build is there: two that are made
   * at once, by a release and a build of one recipe, are one.
   * @returns the artifact that the store has, and whether it had it before.
   * @throws TG_STORE_MISSING when one of the RPMs is not there; TG_RPM_NOT_NEWER for a build (model/artifact-rules.ts).
   */
  add(artifact: Artifact, actor: Actor): Promise<{ artifact: Artifact; already: boolean }> {
    return this.#turns.take('add', () => this.#add(artifact, actor));
  }

  async #add(artifact: Artifact, actor: Actor): Promise<{ artifact: Artifact; already: boolean }> {
    for (const rpm of Object.values(artifact.platforms).flat())
      if (!(await this.files.has(rpm.sha256)))
        throw new TidegateError(
          'TG_STORE_MISSING',
          `${rpm.file} (${rpm.sha256}) was not put before its artifact`,
        );
    const known = (await this.list(artifact.package)).map((kept) => kept.artifact);
    const same = sameBuild(known, artifact.platforms);
    if (same) return { artifact: same, already: true };
    if (artifact.origin === 'built') refuseUnlessNewer(artifact.platforms, known);
    await this.ledger.append(book, { at: artifact.createdAt, artifact, actor });
    return { artifact, already: false };
  }

  /** @returns all of them, or those of one package: oldest first. @throws TG_LEDGER_DAMAGED. */
  async list(packageName?: string): Promise<KeptArtifact[]> {
    const kept = new Map<string, KeptArtifact>();
    for await (const entry of this.ledger.read(book)) {
      const parsed = entrySchema.safeParse(entry);
      if (!parsed.success)
        throw new TidegateError('TG_LEDGER_DAMAGED', `book ${book}: ${z.prettifyError(parsed.error)}`);
      if (packageName === undefined || parsed.data.artifact.package === packageName)
        kept.set(parsed.data.artifact.digest, parsed.data);
    }
    return [...kept.values()];
  }

  /**
   * @param wanted - a version as `artifacts list` shows it, or a digest or the start of one; the newest by rpm's
   * own order when absent.
   * @throws TG_ARTIFACT_NOT_FOUND, saying which there are; or that the start of a digest fits several.
   */
  async find(packageName: string, wanted?: string): Promise<Artifact> {
    const artifacts = (await this.list(packageName)).map(({ artifact }) => artifact);
    const fitting = artifacts.filter((artifact) => isMeant(artifact, wanted));
    const [newest, next] = fitting.toReversed().sort(newestFirst);
    if (newest === undefined) throw notFound(packageName, wanted, artifacts);
    if (next !== undefined && wanted !== undefined && newest.version !== next.version)
      throw new TidegateError(
        'TG_ARTIFACT_NOT_FOUND',
        `${wanted} is the start of several digests of ${packageName}`,
      );
    return newest;
  }

  /** @returns the artifact of this digest, or the start of one. @throws TG_ARTIFACT_NOT_FOUND. */
  async byDigest(digest: string): Promise<KeptArtifact> {
    const found = (await this.list()).filter(({ artifact }) => artifact.digest.startsWith(digest));
    if (found.length === 1 && found[0]) return found[0];
    const why = found.length === 0 ? 'no artifact has this digest' : 'several digests begin so';
    throw new TidegateError('TG_ARTIFACT_NOT_FOUND', `${digest}: ${why}`);
  }

  /** @returns the very RPM that a host has installed (by its header), when the store holds it: what undo goes back to. */
  async findRpm(installed: Installed): Promise<Rpm | undefined> {
    for (const { artifact } of await this.list())
      for (const rpm of Object.values(artifact.platforms).flat())
        if (
          rpm.headerDigest === installed.headerDigest &&
          rpm.name === installed.name &&
          rpm.arch === installed.arch &&
          compareEvr(rpm, installed) === 0
        )
          return rpm;
    return undefined;
  }
}

/** @returns how a built artifact came to be; undefined for an imported one. @throws TG_STORE_MISSING. */
export async function readProvenance(
  files: Files,
  { provenance }: Pick<Artifact, 'provenance'>,
): Promise<Provenance | undefined> {
  return provenance === undefined ? undefined : files.getJson(provenance, provenanceSchema);
}

/** @returns whether `wanted` (a version, a digest or the start of one; anything when absent) can mean the artifact. */
export function isMeant(artifact: Artifact, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const byDigest = wanted.length >= shortestPrefix && /^[0-9a-f]+$/.test(wanted);
  return artifact.version === wanted || (byDigest && artifact.digest.startsWith(wanted));
}

/** Of equal versions the one recorded last is first: the sort is stable and the list comes reversed. */
const newestFirst = (a: Artifact, b: Artifact) => compareEvr(parseEvr(b.version), parseEvr(a.version));

function notFound(
  packageName: string,
  wanted: string | undefined,
  known: readonly Artifact[],
): TidegateError {
  const versions = [...new Set(known.map(({ version }) => version))].join(', ');
  return new TidegateError('TG_ARTIFACT_NOT_FOUND', {
    detail: `the store holds ${wanted === undefined ? 'no' : `no ${wanted} of`} ${packageName}${versions && `; it holds ${versions}`}`,
    next: 'tidegate build RECIPE, or tidegate artifacts import FILE',
  });
}
