import fc from 'fast-check';
import type { Installed } from '../../model/ledger';
import { wholeOf } from '../../model/whole';

const build = (name: string, version: string): Installed => ({
  name,
  epoch: '0',
  version,
  release: '1',
  arch: 'x86_64',
  headerDigest: `${name} ${version}`,
});
const obsoletes = ['unzip-old', 'unzip-compat'].map((name) => ({ name, sense: '<', evr: '2' }) as const);
const rpms = [{ ...build('unzip', '2'), obsoletes }, build('unzip-doc', '2')];
const before = { installed: [build('unzip', '1'), build('unzip-old', '1')], absent: ['unzip-doc'] };
const packages = [
  ...before.installed,
  ...rpms,
  build('unzip', '3'),
  build('unzip-compat', '9'),
  build('zip', '1'),
];
const configuration = 'S.5....T.  c /etc/unzip.conf';
const file = 'S.5....T.    /usr/bin/unzip';

test('a host has the patch or what it had before only when rpm says just that and no file differs but configuration', () => {
  fc.assert(
    fc.property(
      fc.subarray(packages),
      fc.subarray([configuration, file]),
      fc.boolean(),
      (installed, differs, knownBefore) => {
        // zip is nobody's, and unzip-compat 9 is none that the patch obsoletes: it stays, and was there or not.
        const ours = installed
          .filter(({ name, version }) => name !== 'zip' && version !== '9')
          .map(({ headerDigest }) => headerDigest)
          .sort();
        const isPatch = ours.join() === 'unzip 2,unzip-doc 2';
        const isBefore = knownBefore && ours.join() === 'unzip 1,unzip-old 1';
        const intact = !differs.includes(file);
        expect(wholeOf({ installed, differs }, { rpms, before: knownBefore ? before : undefined })).toBe(
          intact && isPatch ? 'patch' : intact && isBefore ? 'before' : undefined,
        );
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a rollout that brings nothing to a host never gives it the patch', () => {
  expect(wholeOf({ installed: [], differs: [] }, { rpms: [] })).toBeUndefined();
});
