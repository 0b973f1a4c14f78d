import { parseQuery } from '../../../store/rpm/query';

const lines = [
  'hello',
  '0',
  '1.0',
  '1',
  'noarch',
  'ab'.repeat(32),
  '1234',
  'A vendor',
  'of hello-1.0-1.src.rpm',
  'RSA/SHA256, Mon Mar  2 10:00:00 2026, Key ID 0123456789ABCDEF   ',
  'hi < 2:1.0-1',
  'hallo  ',
  '',
];
const printed = (change: Record<number, string> = {}) =>
  lines.map((line, index) => change[index] ?? line).join('\n');

test('what rpm prints of a header is read', () => {
  expect(parseQuery(printed())).toEqual({
    name: 'hello',
    epoch: '0',
    version: '1.0',
    release: '1',
    arch: 'noarch',
    headerDigest: 'ab'.repeat(32),
    installedSizeBytes: 1234,
    vendor: 'A vendor',
    obsoletes: [
      { name: 'hi', sense: '<', evr: '2:1.0-1' },
      { name: 'hallo', sense: '', evr: '' },
    ],
    sourceRpm: 'hello-1.0-1.src.rpm',
    keyId: '0123456789abcdef',
  });
});

test('a package is a source by what its header lacks, and not by what it says', () => {
  expect(parseQuery(printed({ 8: 'source' }))).toMatchObject({ arch: 'src', sourceRpm: '' });
  for (const said of ['of (none)', 'of ', 'of source'])
    expect(parseQuery(printed({ 8: said }))).toMatchObject({ arch: 'noarch' });
});

test('a package without files has no size', () => {
  expect(parseQuery(printed({ 6: '(none)' }))).toMatchObject({ installedSizeBytes: 0 });
});

test.each([
  ['a size that is none', { 6: 'x' }],
  ['a size beyond counting', { 6: '9'.repeat(20) }],
  ['an obsoletes without a sense', { 10: 'hi <> 1' }],
  ['no version', { 2: '' }],
])('%s is no header', (_what, change) => {
  expect(parseQuery(printed(change))).toBeUndefined();
});
