import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAptSources, renderAptSources } from '../../lab/apt';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-apt-'));
  mkdirSync(join(folder, 'sources.list.d'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

test('reads the one-line syntax with its options', () => {
  write(
    'sources.list',
    '# deb http://old.invalid bookworm main\ndeb [signed-by=/k.gpg arch=amd64,arm64] http://a.invalid/debian bookworm main contrib # why\n',
  );
  expect(readAptSources('bookworm', folder)).toEqual([
    {
      uris: ['http://a.invalid/debian'],
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      options: { 'signed-by': '/k.gpg', architectures: 'amd64 arm64' },
    },
  ]);
});

test('reads deb822 stanzas, comments inside them and keys on several lines', () => {
  write(
    'sources.list.d/debian.sources',
    'Types: deb\n# a comment\nURIs: http://a.invalid/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN\n .\n -----END\n\nTypes: deb\nURIs: http://s.invalid\nSuites: bookworm-security\nComponents: main\n',
  );
  const sources = readAptSources('bookworm', folder);
  expect(sources.map(({ suites }) => suites)).toEqual([
    ['bookworm', 'bookworm-updates'],
    ['bookworm-security'],
  ]);
  expect(sources[0]!.options['signed-by']).toBe('\n -----BEGIN\n .\n -----END');
});

test('leaves out source archives, disabled stanzas and the suites of others', () => {
  write('sources.list', 'deb-src http://a.invalid bookworm main\ndeb http://a.invalid bookworm main\n');
  write('sources.list.d/node.list', 'deb http://node.invalid nodistro main\n');
  write(
    'sources.list.d/off.sources',
    'Types: deb\nEnabled: no\nURIs: http://off.invalid\nSuites: bookworm\nComponents: main\n',
  );
  expect(readAptSources('bookworm', folder).map(({ uris }) => uris)).toEqual([['http://a.invalid']]);
});

test('takes the first mirror of a file of mirrors', () => {
  write('mirrors', '# ours\nhttp://m.invalid/debian\tpriority:1\nhttp://n.invalid/debian\n');
  write('sources.list', `deb mirror+file:${join(folder, 'mirrors')} bookworm main\n`);
  expect(readAptSources('bookworm', folder)[0]!.uris).toEqual(['http://m.invalid/debian']);
});

test('says so when no source offers the release', () => {
  write('sources.list', 'deb http://a.invalid bookworm-updates main\n');
  expect(() => readAptSources('bookworm', folder)).toThrow(expect.objectContaining({ code: 'TG_LAB_APT' }));
});

test('renders sources with the source archive beside the binary one, and reads them back', () => {
  write('sources.list', 'deb [trusted=yes] http://a.invalid bookworm main\n');
  const sources = readAptSources('bookworm', folder);
  const text = renderAptSources(sources);
  expect(text).toContain('Types: deb deb-src\n');
  rmSync(join(folder, 'sources.list'));
  write('sources.list.d/machine.sources', text);
  expect(readAptSources('bookworm', folder)).toEqual(sources);
});
