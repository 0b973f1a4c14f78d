import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostLists } from '../../fleet/host-lists';
import type { Host } from '../../model/fleet';
import { select } from '../../model/selector';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-lists-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('@file selects the hosts that a list in the folder of the fleet names', async () => {
  await mkdir(join(folder, 'night'));
  await writeFile(join(folder, 'night', 'late.hosts'), '# slow ones\nweb[1-2]\ndb1 # the big one\n');
  const hosts = ['db1', 'db2', 'web1', 'web2'].map(host);
  const chosen = select('all & !@night/late.hosts', hosts, { groups: hostLists(folder) });
  expect(chosen.map(({ name }) => name)).toEqual(['db2']);
});

test('a list that names hosts which are gone, or that is not there, is refused', async () => {
  await writeFile(join(folder, 'old.txt'), 'web1\nweb7\n');
  const groups = hostLists(folder);
  expect(() => select('@old.txt', [host('web1')], { groups })).toThrow('no host is named web7');
  expect(() => select('@older.txt', [host('web1')], { groups })).toThrow('there is no file @older.txt');
});

test('nothing but lists is read, and nothing outside the folder', async () => {
  await mkdir(join(folder, 'home'));
  await writeFile(join(folder, 'outside.txt'), 'web1\n');
  await writeFile(join(folder, 'home', 'key'), 'b3BlbnNzaC1rZXktdjEAAAAA\n');
  const groups = hostLists(join(folder, 'home'));
  for (const name of ['key', '../outside.txt', './../outside.txt', join(folder, 'outside.txt'), '..', 'home'])
    expect(groups(name)).toBeUndefined();
});

function host(name: string): Host {
  return { name, address: name, port: 22, account: 'tidegate', platform: '', domain: '', labels: {} };
}
