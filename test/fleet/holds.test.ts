import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liftHolds, readHolds, writeHolds } from '../../fleet/holds';

const noon = new Date('2026-03-02T12:00:00Z');
let state: string;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'tidegate-holds-'));
});
afterEach(async () => {
  await rm(state, { recursive: true });
});

test('a home without holds holds nothing', async () => {
  expect(await readHolds(join(state, 'not yet made'), noon)).toEqual([]);
});

test('a hold is in force until its moment, and one without a moment until it is lifted', async () => {
  await writeHolds(state, [hold('web2', '2026-03-02T12:00:01Z')]);
  await writeHolds(state, [hold('web1')]);
  await writeHolds(state, [hold('web3', '2026-03-02T12:00:00Z')]);
  expect((await readHolds(state, noon)).map(({ host }) => host)).toEqual(['web1', 'web2']);
  expect(await liftHolds(state, ['web1'])).toMatchObject([{ host: 'web1', reason: 'disk' }]);
  expect((await readHolds(state, noon)).map(({ host }) => host)).toEqual(['web2']);
});

test('a second hold of a host replaces the first', async () => {
  await writeHolds(state, [hold('web1', '2026-03-02T12:00:01Z')]);
  await writeHolds(state, [{ ...hold('web1'), reason: 'memory' }]);
  expect(await readHolds(state, noon)).toEqual([{ ...hold('web1'), reason: 'memory' }]);
});

test('a host that is not held cannot be released', async () => {
  await expect(liftHolds(state, ['web1'])).rejects.toMatchObject({ code: 'TG_HOLD_MISSING' });
});

test('many hosts are held, and let go, in one change, or none of them', async () => {
  const hosts = Array.from({ length: 5_000 }, (_, i) => `web${i}`);
  await writeHolds(
    state,
    hosts.map((host) => hold(host)),
  );
  const { ino } = await stat(join(state, 'holds.json'));
  await expect(liftHolds(state, [...hosts, 'db1'])).rejects.toMatchObject({
    code: 'TG_HOLD_MISSING',
    message: expect.stringContaining('db1 is not held'),
  });
  expect((await stat(join(state, 'holds.json'))).ino).toBe(ino);
  expect(await readHolds(state, noon)).toHaveLength(5_000);
  expect(await liftHolds(state, hosts)).toHaveLength(5_000);
  expect(await readHolds(state, noon)).toEqual([]);
});

test('holds written at the same time are all kept, and nothing else is left behind', async () => {
  const names = Array.from({ length: 8 }, (_, i) => `web${i}`);
  await Promise.all(names.map((name) => writeHolds(state, [hold(name)])));
  expect((await readHolds(state, noon)).map(({ host }) => host)).toEqual(names);
  expect((await readdir(state)).sort()).toEqual(['holds.json', 'holds.lock']);
});

test('a list that somebody broke is refused and stays as it is', async () => {
  await writeFile(join(state, 'holds.json'), '[{"host":"web1"');
  await expect(readHolds(state, noon)).rejects.toMatchObject({ code: 'TG_FILE_INVALID' });
  await expect(writeHolds(state, [hold('web2')])).rejects.toMatchObject({ code: 'TG_FILE_INVALID' });
  expect(await readFile(join(state, 'holds.json'), 'utf8')).toBe('[{"host":"web1"');
});

function hold(host: string, until?: string) {
  return { host, until, reason: 'disk', actor: 'anna', at: '2026-03-01T08:00:00Z' };
}
