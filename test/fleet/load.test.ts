import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFleet } from '../../fleet/load';
import { leastCpuMs } from '../support/cpu-time';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-fleet-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('a fleet without hosts is a fleet', async () => {
  const fleet = await load('fleet: prod\n');
  expect(fleet).toMatchObject({ name: 'prod', hosts: [], folder });
  expect(fleet.digest).toMatch(/^[0-9a-f]{64}$/);
});

test('hosts get every default of the file, and stand in the order of their names', async () => {
  const { hosts } = await load(`
fleet: prod
domain: rack
account: patcher
port: 2222
control: { debian12-x86_64: ctl1 }
hosts:
  web2: { address: 10.0.0.2, port: 22, account: root, owner: team-a, labels: { rack: r1, env: prod } }
  ctl1:
  web1: { platform: sles15-s390x }
`);
  expect(hosts).toEqual([
    host('ctl1', { platform: 'debian12-x86_64' }),
    host('web1', { platform: 'sles15-s390x' }),
    host('web2', {
      address: '10.0.0.2',
      port: 22,
      account: 'root',
      platform: 'debian12-x86_64',
      owner: 'team-a',
      domain: 'r1',
      labels: { rack: 'r1', env: 'prod' },
    }),
  ]);
});

test("an inventory's variables become the host's facts and labels; Ansible's own and secrets do not", async () => {
  await writeFile(
    join(folder, 'hosts.ini'),
    `[web]
web1 ansible_host=10.0.0.1 ansible_port=2222 ansible_user=ops lpar=l1 env=prod
web2 tidegate_address=10.0.0.2 ansible_host=10.9.9.9 tidegate_jump=web1 tidegate_platform=p2 platform=x tidegate_owner=b owner=c
[web:vars]
ansible_password=hunter2
db_password=hunter2
api_key=hunter2
compass=north
motd={{ lookup('file', 'motd') }}
platform=p1
owner=a
`,
  );
  const { hosts } = await load('fleet: prod\ninventory: hosts.ini\ndomain: lpar\n');
  const labels = { compass: 'north', 'group.web': 'yes' };
  expect(hosts).toEqual([
    host('web1', {
      address: '10.0.0.1',
      account: 'ops',
      platform: 'p1',
      owner: 'a',
      domain: 'l1',
      labels: { ...labels, lpar: 'l1', env: 'prod' },
    }),
    host('web2', {
      address: '10.0.0.2',
      port: 22,
      account: 'tidegate',
      platform: 'p2',
      owner: 'b',
      jump: 'web1',
      labels,
    }),
  ]);
});

test('a fleet-wide jump host is given to all but itself and those on the way to it', async () => {
  const { hosts } = await load(
    'fleet: p\njump: gw2\nhosts:\n  gw1:\n  gw2: { jump: gw1 }\n  web1:\n  web2: { jump: "ops@[fd00::1]:2200" }\n',
  );
  expect(hosts.map(({ name, jump }) => [name, jump])).toEqual([
    ['gw1', undefined],
    ['gw2', 'gw1'],
    ['web1', 'gw2'],
    ['web2', 'ops@[fd00::1]:2200'],
  ]);
});

test('one address behind two jump hosts is two servers', async () => {
  const { hosts } = await load(
    'fleet: p\nhosts:\n  a: { address: 192.168.0.1, jump: ops@site1 }\n  b: { address: 192.168.0.1, jump: ops@site2 }\n',
  );
  expect(hosts).toHaveLength(2);
});

test.each([
  [
    'an unknown key',
    'fleet: p\nhosts:\n  web1: { adress: x }\n',
    'TG_FILE_INVALID',
    'fleet.yaml:3:11  hosts.web1.adress: is not a key here; did you mean address?',
  ],
  [
    'two names for one server',
    'fleet: p\nhosts:\n  a: { address: Web }\n  b: { address: web }\n',
    'TG_FLEET_DUPLICATE',
    'a and b are both web:22',
  ],
  [
    'a control instance that is no host',
    'fleet: p\ncontrol: { lab: ctl }\nhosts: { ctl1: }\n',
    'TG_CONTROL_MISSING',
    'control: lab: no host is named ctl; did you mean ctl1?',
  ],
  [
    'a control instance of another platform',
    'fleet: p\ncontrol: { lab: ctl1 }\nhosts: { ctl1: { platform: x } }\n',
    'TG_FLEET_INVALID',
    'control: lab: ctl1 is itself of platform x',
  ],
  [
    'hosts whose platform is not clear',
    'fleet: p\ncontrol: { p1: c1, p2: c2 }\nhosts: { c1: , c2: , web1: , web2: }\n',
    'TG_FLEET_INVALID',
    'web[1-2]: of which platform? There are p1, p2',
  ],
  [
    'a jump that leads nowhere',
    'fleet: p\nhosts: { gw1: , web1: { jump: gw2 } }\n',
    'TG_FLEET_INVALID',
    'web1: jump gw2 is neither a host of the fleet nor account@address:port; did you mean gw1?',
  ],
  [
    'a jump in a circle',
    'fleet: p\nhosts: { a: { jump: b }, b: { jump: c }, c: { jump: b } }\n',
    'TG_FLEET_INVALID',
    'a jump host is reached through itself',
  ],
  [
    'a jump through itself',
    'fleet: p\nhosts: { a: { jump: a } }\n',
    'TG_FLEET_INVALID',
    'a → a: a jump host',
  ],
  [
    'an address that would be an option',
    'fleet: p\nhosts: { a: { address: -oProxyCommand=x } }\n',
    'TG_INVENTORY_INVALID',
    'host "a": its address is "-oProxyCommand=x"',
  ],
  [
    'two sources of hosts',
    'fleet: p\ninventory: x\nhosts: {}\n',
    'TG_FLEET_INVALID',
    'has both hosts: and inventory:',
  ],
  [
    'an inventory that is not there',
    'fleet: p\ninventory: gone.ini\n',
    'TG_FILE_MISSING',
    'gone.ini does not exist',
  ],
])('%s is refused', async (_, text, code, message) => {
  await expect(load(text)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test('what an inventory says of a host is checked before it is believed', async () => {
  await writeFile(
    join(folder, 'list'),
    'web1 port=70000\nweb2 address={{x}}\nweb3 account="a b"\n-web4\nweb5 port=ssh\n',
  );
  const refused = await load('fleet: p\ninventory: list\n').catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'TG_INVENTORY_INVALID' });
  for (const what of [
    '"web1": its port is 70000',
    '"web2": its address',
    '"web3": its account',
    '"-web4": a name has',
    '"web5": its port is NaN',
  ])
    expect(refused).toMatchObject({ message: expect.stringContaining(what) });
});

test('the digest changes with the hosts and not with how they are written', async () => {
  const first = await load('fleet: p\nhosts: { a: { labels: { x: "1", y: "2" } }, b: }\n');
  const reordered = await load('fleet: p\nhosts:\n  b:\n  a: { labels: { y: "2", x: "1" } }\n');
  const other = await load('fleet: p\nhosts: { a: { labels: { x: "1", y: "3" } }, b: }\n');
  expect(reordered.digest).toBe(first.digest);
  expect(other.digest).not.toBe(first.digest);
});

/** 1.3 to 1.6 s in plain Node on 2 quiet cores; jest's sandbox takes twice that, collecting garbage on both. */
const patienceMs = 8000;

describe('100,000 hosts load in seconds', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `web${String(i).padStart(6, '0')}`);
  const address = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;

  test('from fleet.yaml itself', async () => {
    const lines = names.map(
      (name, i) => `  ${name}: { address: ${address(i)}, labels: { env: prod, rack: r${i % 100} } }`,
    );
    await writeFile(join(folder, 'fleet.yaml'), `fleet: big\nhosts:\n${lines.join('\n')}\n`);
    await expectFast();
  });

  test('from a program', async () => {
    const hostvars = Object.fromEntries(
      names.map((name, i) => [
        name,
        { ansible_host: address(i), env: 'prod', rack: `r${i % 100}`, app: 'web', tier: 2 },
      ]),
    );
    await writeFile(
      join(folder, 'hosts.json'),
      JSON.stringify({ _meta: { hostvars }, web: { hosts: names } }),
    );
    await writeFile(join(folder, 'inventory.sh'), '#!/bin/sh\ncat hosts.json\n', { mode: 0o755 });
    await writeFile(join(folder, 'fleet.yaml'), 'fleet: big\ninventory: ./inventory.sh\n');
    await expectFast();
  });

  async function expectFast() {
    let loaded = 0;
    const cpuMs = await leastCpuMs(async () => {
      loaded = (await loadFleet(join(folder, 'fleet.yaml'))).hosts.length;
    }, 1);
    expect(loaded).toBe(100_000);
    expect(cpuMs).toBeLessThan(patienceMs);
  }
});

async function load(text: string) {
  await writeFile(join(folder, 'fleet.yaml'), text);
  return loadFleet(join(folder, 'fleet.yaml'));
}

function host(name: string, facts: object) {
  const defaults = { address: name, port: 2222, account: 'patcher', platform: '', domain: '', labels: {} };
  return { name, ...defaults, ...facts };
}
