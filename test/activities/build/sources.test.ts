import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { makeInputs } from '../../../activities/build/inputs';
import { fetchPinned, fetchUnpinned } from '../../../activities/build/sources';
import { type RecipePack, recipeSchema } from '../../../model/recipe';
import { Files } from '../../../store/files';
import { makeRpm } from '../../support/packages';

let folder: string;
let files: Files;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tg-sources-'));
  files = new Files(join(folder, 'files'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const noControl = () => {
  throw new Error('no control instance is asked');
};

const pack = (recipe: z.input<typeof recipeSchema>, change: Partial<RecipePack> = {}): RecipePack => ({
  recipe: recipeSchema.parse({ version: '1.0', release: '1', install: 'true', files: ['/x'], ...recipe }),
  files: {},
  ...change,
});

/** The names in a bundle, and the text of one of its files. */
const listed = (digest: string) =>
  execFileSync('tar', ['-tf', files.path(digest)])
    .toString()
    .trim()
    .split('\n')
    .filter((name) => !name.endsWith('/'));
const inBundle = (digest: string, name: string) =>
  execFileSync('tar', ['-xOf', files.path(digest), name]).toString();

/** A source package made by rpmbuild, of a spec that applies its own patch. */
async function makeSrpm(): Promise<string> {
  const spec = `Name: probe\nVersion: 1.0\nRelease: 7%{?dist}\nSummary: x\nLicense: x\nSource0: probe.tar\nPatch0: vendors.patch\n%description\nx\n%prep\n%autosetup -p1\n%files\n`;
  await mkdir(join(folder, 'SOURCES'));
  await writeFile(join(folder, 'SOURCES/probe.tar'), 'tar');
  await writeFile(join(folder, 'SOURCES/vendors.patch'), 'patch');
  await writeFile(join(folder, 'probe.spec'), spec);
  execFileSync(
    'rpmbuild',
    [
      '-bs',
      '--quiet',
      '--define',
      `_topdir ${folder}`,
      '--define',
      `_dbpath ${folder}/db`,
      join(folder, 'probe.spec'),
    ],
    { stdio: 'ignore' },
  );
  return join(folder, 'SRPMS/probe-1.0-7.src.rpm');
}

describe('a source from a URL', () => {
  let server: Server;
  let base: string;
  let asked = 0;

  beforeEach(async () => {
    asked = 0;
    server = createServer((request, response) => {
      asked += 1;
      if (request.url === '/probe-1.0.tar') response.end('bytes');
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test('is pinned, and then taken from the store without asking again', async () => {
    const recipe = { package: 'probe', source: { url: `${base}/probe-1.0.tar` } };
    await expect(fetchPinned(files, pack(recipe), noControl)).rejects.toMatchObject({
      code: 'TG_SOURCE_UNPINNED',
    });
    const sources = await fetchUnpinned(files, pack(recipe), noControl);
    expect(Object.keys(sources)).toEqual(['probe-1.0.tar']);
    const lock = { date: '2026-01-01T00:00:00Z', sources };
    expect(await fetchPinned(files, pack(recipe, { lock }), noControl)).toEqual(sources);
    expect(asked).toBe(1);
  });

  test('that is not there is named, with what the server said', async () => {
    const recipe = { package: 'probe', source: { url: `${base}/no`, sha256: 'a'.repeat(64) } };
    await expect(fetchPinned(files, pack(recipe), noControl)).rejects.toMatchObject({
      code: 'TG_SOURCE_UNAVAILABLE',
      message: `${base}/no: 404 Not Found`,
    });
  });

  test('may be a file of this machine', async () => {
    await writeFile(join(folder, 'x.tar'), 'x');
    const recipe = {
      package: 'probe',
      source: { url: pathToFileURL(join(folder, 'x.tar')).href },
    };
    expect(await fetchUnpinned(files, pack(recipe), noControl)).toMatchObject({ 'x.tar': { sizeBytes: 1 } });
  });
});

test('a commit of a git repository gives the same bytes each time, whatever else is in it', async () => {
  const repository = join(folder, 'repository');
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@t', ...words])
      .toString()
      .trim();
  await mkdir(repository);
  git('init', '--quiet');
  await writeFile(join(repository, 'text'), 'one\n');
  git('add', '.');
  git('commit', '--quiet', '-m', 'one');
  const commit = git('rev-parse', 'HEAD');
  const recipe = { package: 'probe', source: { git: repository, commit } };
  const first = await fetchUnpinned(files, pack(recipe), noControl);
  await writeFile(join(repository, 'text'), 'two\n');
  git('commit', '--quiet', '-am', 'two');
  expect(await fetchUnpinned(files, pack(recipe), noControl)).toEqual(first);
  const [name = ''] = Object.keys(first);
  expect(inBundle(first[name]?.sha256 ?? '', 'probe-1.0/text')).toBe('one\n');
  const gone = { package: 'probe', source: { git: repository, commit: 'f'.repeat(40) } };
  await expect(fetchUnpinned(files, pack(gone), noControl)).rejects.toMatchObject({
    code: 'TG_SOURCE_UNAVAILABLE',
  });
});

test('an SRPM brings its own spec and patches; ours come after them and raise its release', async () => {
  const digest = (await files.putFile(await makeSrpm())).digest;
  const given = pack(
    {
      package: 'probe',
      source: { file: 'probe-1.0-7.src.rpm', sha256: digest },
      patches: ['ours.patch'],
      version: undefined,
      release: undefined,
      install: undefined,
      files: undefined,
      date: '2026-01-01T00:00:00Z',
    },
    { files: { 'probe-1.0-7.src.rpm': digest, 'ours.patch': await files.put('ours') } },
  );
  const { bundle } = await makeInputs(files, given, await fetchPinned(files, given, noControl));
  expect(listed(bundle)).toEqual([
    './SOURCES/ours.patch',
    './SOURCES/probe.tar',
    './SOURCES/vendors.patch',
    './SPECS/probe.spec',
    './epoch',
    './macros',
  ]);
  const spec = inBundle(bundle, './SPECS/probe.spec');
  expect(spec).toContain('Release: 7%{?dist}.1\n');
  expect(spec).toContain('Patch0: vendors.patch\nPatch9001: ours.patch\n');
});

test('a package to install under the name of a source is refused: rpm -i would install it on the secured instance', async () => {
  const rpm = await makeRpm(folder, {
    name: 'tg-planted',
    version: '1.0',
    post: 'touch /opt/tg-planted-ran',
  });
  const { digest } = await files.putFile(rpm);
  const given = pack({
    package: 'probe',
    source: { file: 'x.src.rpm', sha256: digest },
    install: undefined,
    files: undefined,
    date: '2026-01-01T00:00:00Z',
  });
  const sources = { 'x.src.rpm': { sha256: digest, sizeBytes: 1 } };
  await expect(makeInputs(files, given, sources)).rejects.toMatchObject({
    code: 'TG_RECIPE_INVALID',
    message: expect.stringContaining('not a source'),
  });
  expect(existsSync('/opt/tg-planted')).toBe(false);
});

test('the same recipe gives the same bundle, to the byte', async () => {
  const digest = await files.put('tar');
  const given = pack(
    { package: 'probe', source: { file: 'x.tar', sha256: digest }, date: '2026-01-01T00:00:00Z' },
    { files: { 'x.tar': digest } },
  );
  const sources = await fetchPinned(files, given, noControl);
  const first = await makeInputs(files, given, sources);
  expect(await makeInputs(files, given, sources)).toEqual(first);
  expect(inBundle(first.bundle, './epoch')).toBe('1767225600');
  expect((await readFile(files.path(first.bundle))).length).toBeGreaterThan(0);
});

test('a patch that is nowhere, and two of one name, are refused', async () => {
  const digest = await files.put('tar');
  const given = (patches: string[], beside: Record<string, string>) =>
    pack(
      { package: 'probe', source: { file: 'x.tar', sha256: digest }, date: '2026-01-01T00:00:00Z', patches },
      { files: { 'x.tar': digest, ...beside } },
    );
  const sources = { 'x.tar': { sha256: digest, sizeBytes: 3 } };
  await expect(makeInputs(files, given(['no.patch'], {}), sources)).rejects.toMatchObject({
    code: 'TG_RECIPE_INVALID',
  });
  const two = given(['a/x.patch', 'b/x.patch'], { 'a/x.patch': digest, 'b/x.patch': digest });
  await expect(makeInputs(files, two, sources)).rejects.toMatchObject({ code: 'TG_RECIPE_INVALID' });
});
