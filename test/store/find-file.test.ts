import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Files } from '../../store/files';
import { findFile } from '../../store/find-file';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tg-find-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('a file of the store is found by the start of its digest', async () => {
  const digest = await new Files(folder).put('a log');
  expect(await findFile(folder, digest.slice(0, 12))).toBe(digest);
  expect(await findFile(folder, digest)).toBe(digest);
});

test('what begins no digest, and what is no digest, is refused by name', async () => {
  await expect(findFile(folder, '0000')).rejects.toMatchObject({ code: 'TG_STORE_MISSING' });
  await expect(findFile(folder, '../x')).rejects.toMatchObject({ code: 'TG_USAGE' });
  await expect(findFile(folder, 'abc')).rejects.toMatchObject({ code: 'TG_USAGE' });
});
