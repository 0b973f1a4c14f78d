import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFleet } from '../../fleet/load';
import { makeHome, type NewHome } from '../../fleet/new-home';
import { type Home, homeAt } from '../../store/home';

let folder: string;
let home: Home;
let given: NewHome;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-new-home-'));
  home = homeAt(join(folder, 'home'));
  const inventory = join(folder, 'hosts.txt');
  writeFileSync(inventory, 'web[1-3] rack=r1\n');
  given = {
    fleet: 'prod',
    inventory,
    account: 'ops',
    key: '/keys/k',
    knownHosts: ['/etc/ssh/ssh_known_hosts'],
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('A home is made from an inventory, and its fleet.yaml says what was given', async () => {
  const made = await makeHome(home, given);
  expect(made.hosts.map(({ name, account }) => [name, account])).toEqual([
    ['web1', 'ops'],
    ['web2', 'ops'],
    ['web3', 'ops'],
  ]);
  const { file } = await loadFleet(home.fleetFile);
  expect(file).toMatchObject({
    fleet: 'prod',
    key: '/keys/k',
    knownHosts: ['known_hosts', '/etc/ssh/ssh_known_hosts'],
  });
  expect(statSync(home.state).mode & 0o777).toBe(0o700);
  expect(readdirSync(home.folder).sort()).toEqual(['fleet.yaml', 'keys', 'known_hosts', 'state']);
});

test('A home that is there is left alone', async () => {
  await makeHome(home, given);
  await expect(makeHome(home, given)).rejects.toMatchObject({ code: 'TG_HOME_EXISTS' });
});

test('An inventory that does not exist is named', async () => {
  await expect(makeHome(home, { ...given, inventory: join(folder, 'none') })).rejects.toMatchObject({
    code: 'TG_FILE_MISSING',
    message: expect.stringContaining('none'),
  });
});

test('An inventory that cannot be read leaves no home that looks finished', async () => {
  writeFileSync(given.inventory, 'web[1-\n');
  await expect(makeHome(home, given)).rejects.toThrow();
  expect(existsSync(home.fleetFile)).toBe(false);
});

test('An inventory without a host makes no home', async () => {
  writeFileSync(given.inventory, '# nobody yet\n');
  await expect(makeHome(home, given)).rejects.toMatchObject({ code: 'TG_INVENTORY_INVALID' });
  expect(existsSync(home.fleetFile)).toBe(false);
});

test('Names with quotes and colons arrive as they are', async () => {
  const odd = join(folder, 'a "b": c.txt');
  writeFileSync(odd, 'web1\n');
  expect((await makeHome(home, { ...given, inventory: odd })).file.inventory).toBe(odd);
});
