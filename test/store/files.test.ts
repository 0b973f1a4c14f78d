import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { Files } from '../../store/files';

let folder: string;
let files: Files;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-files-'));
  files = new Files(join(folder, 'state/files'));
});
afterEach(() => rm(folder, { recursive: true }));

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

test('gives back what was put, by its SHA-256, from two levels of folders', async () => {
  const digest = await files.put('tide');
  expect(digest).toBe(sha256('tide'));
  expect(files.path(digest)).toBe(
    join(folder, 'state/files', digest.slice(0, 2), digest.slice(2, 4), digest),
  );
  expect((await files.get(digest)).toString()).toBe('tide');
  expect(await files.has(digest)).toBe(true);
  expect(await files.has(sha256('ebb'))).toBe(false);
});

test('keeps files and streams of any size, and leaves nothing else behind', async () => {
  const bytes = randomBytes(3_000_000);
  await writeFile(join(folder, 'source'), bytes);
  const stored = await files.putFile(join(folder, 'source'));
  expect(stored).toEqual({ digest: sha256(bytes), sizeBytes: 3_000_000 });
  expect(await files.putStream(Readable.from(['ti', 'de']))).toEqual({
    digest: sha256('tide'),
    sizeBytes: 4,
  });
  expect((await files.get(stored.digest)).equals(bytes)).toBe(true);
  expect(await readdir(join(folder, 'state/files/incoming'))).toEqual([]);
});

test('names equal JSON values equally and parses them on the way back', async () => {
  const digest = await files.putJson({ b: 1, a: 2 });
  expect(await files.putJson({ a: 2, b: 1 })).toBe(digest);
  expect(await files.getJson(digest, z.object({ a: z.number(), b: z.number() }))).toEqual({ a: 2, b: 1 });
  await expect(files.getJson(digest, z.object({ a: z.string() }))).rejects.toMatchObject({
    code: 'TG_STORE_DAMAGED',
  });
});

test('many puts of the same bytes at once are one file', async () => {
  const digests = await Promise.all(Array.from({ length: 50 }, () => files.put('same')));
  expect(new Set(digests)).toEqual(new Set([sha256('same')]));
  expect((await files.get(digests[0]!)).toString()).toBe('same');
});

test('finds out that a file was changed when it is read', async () => {
  const digest = await files.put('tide');
  await writeFile(files.path(digest), 'tidf');
  await expect(files.get(digest)).rejects.toMatchObject({ code: 'TG_STORE_DAMAGED' });
});

test('finds out that a file was cut when it is put again', async () => {
  const digest = await files.put('tide');
  await writeFile(files.path(digest), 'ti');
  await expect(files.put('tide')).rejects.toMatchObject({ code: 'TG_STORE_DAMAGED' });
});

test('a file that is not there is an error, and not the end of the process', async () => {
  await expect(files.putFile(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a stream that fails leaves nothing behind', async () => {
  const failing = Readable.from(
    (async function* () {
      yield Buffer.from('half');
      throw new Error('the source went away');
    })(),
  );
  await expect(files.putStream(failing)).rejects.toThrow('the source went away');
  expect(await readdir(join(folder, 'state/files'))).toEqual(['incoming']);
  expect(await readdir(join(folder, 'state/files/incoming'))).toEqual([]);
});

test('says that it does not have a file', async () => {
  await expect(files.get(sha256('ebb'))).rejects.toMatchObject({ code: 'TG_STORE_MISSING' });
});

test('takes nothing but a digest for a name', async () => {
  await expect(files.get('../../etc/passwd')).rejects.toMatchObject({ code: 'TG_INTERNAL' });
});

test('what a killed process left half written is removed, and nothing of one that lives', async () => {
  await files.put('kept');
  const incoming = join(folder, 'state/files/incoming');
  const dead = spawnSync('true').pid;
  for (const name of [`${dead}-aa`, `${process.pid}-bb`, `${process.ppid}-cc`])
    await writeFile(join(incoming, name), 'half');
  await files.removeUnfinished();
  expect(await readdir(incoming)).toEqual([`${process.ppid}-cc`]);
});
