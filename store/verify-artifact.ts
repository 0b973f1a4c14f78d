import { createHash } from 'node:crypto';
import type { Artifact } from '../model/artifact';
import { canonicalJson } from '../model/canonical';
import { type ErrorCode, TidegateError } from '../model/errors';
import type { Files } from './files';
import type { Keyring } from './rpm/keyring';

/** Something about an artifact that is not as it was kept. */
interface ArtifactProblem {
  readonly file: string;
  readonly code: ErrorCode;
  readonly detail: string;
}

/**
 * Checks an artifact from the outside in: its name is the digest of its manifest, each file has the digest that the
 * manifest says, a trusted key's signature, and the header that was recorded.
 */
export async function verifyArtifact(
  files: Files,
  keyring: Keyring,
  artifact: Artifact,
): Promise<ArtifactProblem[]> {
  const problems: ArtifactProblem[] = [];
  const { digest, ...manifest } = artifact;
  if (createHash('sha256').update(canonicalJson(manifest)).digest('hex') !== digest)
    problems.push({
      file: 'manifest',
      code: 'TG_STORE_DAMAGED',
      detail: 'it does not have the digest that names it',
    });
  for (const rpm of Object.values(artifact.platforms).flat())
    try {
      await files.get(rpm.sha256);
      const { read, key } = await keyring.check(files.path(rpm.sha256), rpm.file);
      if (read.rpm.headerDigest !== rpm.headerDigest)
        problems.push({
          file: rpm.file,
          code: 'TG_STORE_DAMAGED',
          detail: 'its header is another one than was kept',
        });
      if (!artifact.signedBy.split(' ').includes(key.fingerprint))
        problems.push({
          file: rpm.file,
          code: 'TG_RPM_FOREIGN_SIGNED',
          detail: `signed by ${key.fingerprint}`,
        });
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      problems.push({ file: rpm.file, code: error.code, detail: error.message });
    }
  return problems;
}
