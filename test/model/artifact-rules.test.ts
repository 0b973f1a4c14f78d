import type { Artifact, Rpm } from '../../model/artifact';
import { buildWarnings, evrText, refuseUnlessNewer, sameBuild } from '../../model/artifact-rules';
import { rpmOf } from '../support/rpm';

const rpm = (release: string, header: string, change: Partial<Rpm> = {}) => {
  const build = { sha256: header.repeat(64), headerDigest: header.repeat(64) };
  return rpmOf({
    name: 'unzip',
    version: '6.0',
    release,
    arch: 'x86_64',
    ...build,
    vendor: 'ACME',
    ...change,
  });
};

const artifact = (origin: Artifact['origin'], ...rpms: Rpm[]): Artifact => ({
  digest: 'd'.repeat(64),
  package: 'unzip',
  version: '6.0-28',
  platforms: { p: rpms },
  origin,
  signedBy: 'A'.repeat(40),
  createdAt: '2026-01-01T00:00:00Z',
});

test('a build of a version that the store has with other contents is refused', () => {
  const known = [artifact('built', rpm('28.1', 'a'))];
  expect(() => refuseUnlessNewer({ p: [rpm('28.1', 'b')] }, known)).toThrow(
    expect.objectContaining({ code: 'TG_RPM_NOT_NEWER' }),
  );
  expect(() => refuseUnlessNewer({ p: [rpm('28.1', 'a')] }, known)).not.toThrow();
  expect(() => refuseUnlessNewer({ other: [rpm('28.1', 'b')] }, known)).not.toThrow();
});

test("a build that is older than the vendor's is refused, one that is older than another build of ours is not", () => {
  expect(() => refuseUnlessNewer({ p: [rpm('28.1', 'b')] }, [artifact('imported', rpm('29', 'a'))])).toThrow(
    expect.objectContaining({ code: 'TG_RPM_NOT_NEWER' }),
  );
  expect(() =>
    refuseUnlessNewer({ p: [rpm('28.1', 'b')] }, [artifact('built', rpm('28.2', 'a'))]),
  ).not.toThrow();
});

test("a build that the vendor's next one would not replace is warned of, and so is another vendor", () => {
  const vendors = [artifact('imported', rpm('28.el9', 'a'))];
  expect(buildWarnings({ p: [rpm('28.el9.1', 'b')] }, vendors)).toEqual([]);
  expect(buildWarnings({ p: [rpm('29.el9', 'b')] }, vendors)).toEqual([
    "unzip 6.0-29.el9 would not be replaced by the vendor's next, 6.0-29.el9",
  ]);
  expect(buildWarnings({ p: [rpm('28.el9.1', 'b', { vendor: undefined })] }, vendors)).toEqual([
    "the Vendor tag of unzip changes from 'ACME' to none",
  ]);
});

test('the same headers on the same platforms are the same build, whatever their signatures', () => {
  const known = [artifact('built', rpm('28.1', 'a'), rpm('28.1', 'b', { name: 'unzip-doc' }))];
  const again = {
    p: [rpm('28.1', 'b', { name: 'unzip-doc' }), rpm('28.1', 'a', { sha256: 'e'.repeat(64) })],
  };
  expect(sameBuild(known, again)).toBe(known[0]);
  expect(sameBuild(known, { q: again.p })).toBeUndefined();
  expect(sameBuild(known, { p: [rpm('28.1', 'a')] })).toBeUndefined();
});

test('an epoch is shown when there is one', () => {
  expect(evrText(rpm('1', 'a', { epoch: '2' }))).toBe('2:6.0-1');
  expect(evrText(rpm('1', 'a'))).toBe('6.0-1');
});
