import { chmod, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FleetSource } from '../../fleet/source';

let folder: string;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-source-'));
  said = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('the steps of hosts share one reading, and a file that has changed is read again', async () => {
  await write('fleet.yaml', 'fleet: prod\ninventory: hosts.list\n');
  await write('hosts.list', 'web1\n');
  const source = fleetSource();
  const [one, other] = await Promise.all([source.read(), source.read()]);
  expect(other).toBe(one);
  expect(await source.read('step')).toBe(one);
  expect(await source.read('wave')).toBe(one);
  expect(await source.read('plan')).toBe(one);
  await write('hosts.list', 'web1\nweb2\n');
  expect(names(await source.read('step'))).toEqual(['web1', 'web2']);
  await write('fleet.yaml', 'fleet: prod\nport: 2222\ninventory: hosts.list\n');
  expect((await source.read('step')).hosts[0]!.port).toBe(2222);
  expect(said).toEqual([]);
});

test('fleet.yaml alone is read once for each state of it, and never taken for what it was', async () => {
  await write('fleet.yaml', 'fleet: prod\ninventory: hosts.list\n');
  await write('hosts.list', 'web1\n');
  const source = fleetSource();
  const [one, other] = await Promise.all([source.file(), source.file()]);
  expect(other).toBe(one);
  expect((await source.read('plan')).file).toBe(one.file);
  await write('fleet.yaml', 'fleet: prod\nallowedSigners: signers\ninventory: hosts.list\n');
  expect((await source.file()).file.allowedSigners).toBe('signers');
  await write('fleet.yaml', 'fleet: prod\ninventry: hosts.list\n');
  await expect(source.file()).rejects.toMatchObject({ code: 'TG_FILE_INVALID' });
  await write('fleet.yaml', 'fleet: prod\nport: 2222\ninventory: hosts.list\n');
  expect((await source.file()).file.port).toBe(2222);
});

test('an inventory program runs for each plan and each wave, and for no step', async () => {
  await write('fleet.yaml', 'fleet: prod\ninventory: ./program\n');
  await write(
    'program',
    '#!/bin/sh\necho run >> runs\nprintf \'{"web":{"hosts":["web%s"]}}\' "$(wc -l < runs)"\n',
  );
  await chmod(join(folder, 'program'), 0o755);
  const source = fleetSource();
  expect(names(await source.read())).toEqual(['web1']);
  for (let step = 0; step < 5; step += 1) expect(names(await source.read('step'))).toEqual(['web1']);
  expect(names(await source.read('wave'))).toEqual(['web2']);
  expect(names(await source.read('plan'))).toEqual(['web3']);
  expect(names(await source.read('step'))).toEqual(['web3']);
  expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('run\n'.repeat(3));
});

test('a fleet that somebody breaks stops no work: the last good one stays, it is said once, and no plan is made', async () => {
  await write('fleet.yaml', 'fleet: prod\ninventory: hosts.list\n');
  await write('hosts.list', 'web1\n');
  const source = fleetSource();
  const good = await source.read();
  await write('fleet.yaml', 'fleet: prod\ninventry: hosts.list\n');
  expect(await source.read('step')).toBe(good);
  expect(await source.read('step')).toBe(good);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/goes on with it as it was before.*inventry/s);
  await expect(source.read('plan')).rejects.toMatchObject({ code: 'TG_FILE_INVALID' });
  await expect(source.read('plan')).rejects.toMatchObject({ code: 'TG_FILE_INVALID' });
  expect(await source.read('wave')).toBe(good);
  await unlink(join(folder, 'hosts.list'));
  expect(await source.read('step')).toBe(good);
  await write('fleet.yaml', 'fleet: prod\ninventory: hosts.list\n');
  await write('hosts.list', 'web7\n');
  expect(names(await source.read('step'))).toEqual(['web7']);
});

test('without any good fleet there is nothing to go on with', async () => {
  const source = fleetSource();
  await expect(source.read('step')).rejects.toMatchObject({ code: 'TG_FILE_MISSING' });
  await write('fleet.yaml', 'fleet: prod\nhosts: { web1: }\n');
  expect(names(await source.read('step'))).toEqual(['web1']);
});

const fleetSource = () => new FleetSource(join(folder, 'fleet.yaml'), (line) => said.push(line));
const write = (file: string, text: string) => writeFile(join(folder, file), text);
const names = ({ hosts }: { hosts: readonly { name: string }[] }) => hosts.map(({ name }) => name);
