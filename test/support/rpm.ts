import type { Rpm } from '../../model/artifact';

/** What a package of a test says of itself, for whom no file is needed: a `tgtest`, but for what is given. */
export const rpmOf = (given: Partial<Rpm>): Rpm => ({
  file: 'tgtest.rpm',
  sha256: 'a'.repeat(64),
  sizeBytes: 1,
  name: 'tgtest',
  epoch: '0',
  version: '1',
  release: '1',
  arch: 'noarch',
  headerDigest: 'b'.repeat(64),
  installedSizeBytes: 1,
  ...given,
});
