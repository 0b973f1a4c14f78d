import { recipeSchema } from '../../model/recipe';
import { amendSpec, generateSpec } from '../../model/spec';

const spec = `Name: unzip
Version: 6.0
Release: 57%{?dist}
Source0: unzip60.tar.gz
Patch1: first.patch
Summary: x

%prep
%autosetup -p1
`;

test('a spec is given our release and our patches, and keeps all else', () => {
  const amended = amendSpec(spec, { release: '57.1', patches: ['CVE.patch', 'other.patch'] });
  expect(amended).toBe(
    spec
      .replace('Release: 57%{?dist}', 'Release: 57.1')
      .replace('Patch1: first.patch', 'Patch1: first.patch\nPatch9001: CVE.patch\nPatch9002: other.patch'),
  );
});

test("without a release of ours, the vendor's is raised so that its next one still wins", () => {
  expect(amendSpec(spec, { raiseRelease: true, patches: [] })).toContain('Release: 57%{?dist}.1\n');
});

test('a patch that the spec names already is not named twice', () => {
  expect(amendSpec(spec, { patches: ['first.patch'] })).toBe(spec);
});

test('a spec without patches takes them after its sources, or after its release', () => {
  const bare = 'Name: x\nVersion: 1\nRelease: 1\nSummary: x\n%prep\n%autosetup -p1\n';
  expect(amendSpec(bare, { patches: ['a.patch'] })).toContain('Release: 1\nPatch9001: a.patch\nSummary');
});

test('a spec that would not apply a patch is refused, and so is one without the line to change', () => {
  const manual = spec.replace('%autosetup -p1', '%setup -q');
  expect(() => amendSpec(manual, { patches: ['CVE.patch'] })).toThrow(
    expect.objectContaining({ code: 'TG_PATCH_FAILED' }),
  );
  expect(() => amendSpec('Name: x\n', { release: '2', patches: [] })).toThrow(
    expect.objectContaining({ code: 'TG_FILE_INVALID' }),
  );
});

const made = {
  package: 'probe',
  source: { file: 'probe.tar' },
  version: '1.0',
  release: '2',
  install: 'make install',
  files: ['/usr/bin/probe'],
  fixes: ['CVE-2022-0529'],
};

test('a spec is made from build, install and files', () => {
  const recipe = recipeSchema.parse(made);
  const facts = {
    version: '1.0',
    release: '2',
    sources: ['probe.tar'],
    patches: ['a.patch'],
    folder: 'probe-1.0',
  };
  const text = generateSpec(recipe, facts);
  expect(text).toContain('Source0: probe.tar\nPatch1: a.patch\n');
  expect(text).toContain('%prep\n%autosetup -p1 -n probe-1.0\n');
  expect(text).toContain('%install\nmake install\n');
  expect(text).toContain('Fixes CVE-2022-0529.');
});
