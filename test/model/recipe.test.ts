import { lockName, namedFiles, recipeSchema, sourceKind } from '../../model/recipe';

const shortest = { package: 'unzip', source: 'srpm', patches: ['CVE-2022-0529.patch'] };

const problems = (change: object) =>
  recipeSchema
    .safeParse({ ...shortest, ...change })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

test('three lines are a recipe', () => {
  expect(problems({})).toBeUndefined();
});

test('what the worker is handed is parsed as it was written', () => {
  const once = recipeSchema.parse(shortest);
  expect(recipeSchema.parse(once)).toEqual(once);
});

test('unknown keys, moving sources and paths that leave the folder are refused', () => {
  expect(problems({ packge: 'x' })).toBeDefined();
  expect(problems({ source: { git: 'https://example.org/x', commit: 'main' } })).toBeDefined();
  expect(problems({ patches: ['../x.patch'] })).toBeDefined();
  expect(problems({ patches: ['/etc/x.patch'] })).toBeDefined();
  expect(problems({ spec: 'a/../../x.spec' })).toBeDefined();
  expect(problems({ release: '1-2' })).toBeDefined();
  expect(problems({ source: { url: 'gopher://x/y' } })).toBeDefined();
});

test('a recipe says how it is built in exactly one way', () => {
  const tarball = { source: { file: 'x.tar' }, version: '1', release: '1' };
  expect(problems(tarball)).toEqual(['spec: a spec, or build, install and files, is missing']);
  expect(problems({ ...tarball, spec: 'x.spec', install: 'true', files: ['/x'] })).toEqual([
    'spec: either a spec, or build, install and files',
  ]);
  expect(problems({ ...tarball, install: 'true' })).toBeDefined();
  expect(problems({ ...tarball, version: undefined, install: 'true', files: ['/x'] })).toEqual([
    'version: version and release are needed to make a spec',
  ]);
});

test('a source package is one wherever it lies', () => {
  expect(sourceKind({ file: 'unzip-6.0-57.el9.src.rpm' })).toBe('srpm');
  expect(sourceKind({ url: 'https://example.org/unzip-6.0-57.el9.src.rpm' })).toBe('srpm');
  expect(sourceKind({ 'deb-src': 'unzip' })).toBe('deb-src');
});

test('files beside the recipe are named, and the lock after it', () => {
  expect(lockName('recipe-bad.yaml')).toBe('recipe-bad.lock');
  const recipe = recipeSchema.parse({
    package: 'unzip',
    source: { 'deb-src': 'unzip' },
    spec: 'unzip.spec',
    patches: ['debian/patches/series', 'ours.patch'],
  });
  expect(namedFiles(recipe)).toEqual({
    required: ['unzip.spec'],
    perhaps: ['debian/patches/series', 'ours.patch'],
  });
});
