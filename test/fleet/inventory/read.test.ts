import { join } from 'node:path';
import { readInventory } from '../../../fleet/inventory/read';
import { folder, read } from '../../support/written-inventory';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGMqqAqQTNhgHZ6pZ8Y0gYFbzxZQXfB2mBpKyoVLFvZc';

describe('a program', () => {
  test('gives what it prints for --list, and is run in its own folder', async () => {
    const hosts = await program(`#!/bin/sh
[ "$1" = --list ] && [ "$(pwd -P)" = "$(cd "$(dirname "$0")" && pwd -P)" ] || exit 9
echo 'thinking' >&2
cat <<'EOF'
{"_meta": {"hostvars": {"web1": {"ansible_host": "10.0.0.1", "ansible_port": 2222, "up": true, "list": [1],
  "note": {"__ansible_unsafe": "a"}}}},
 "all": {"children": ["web", "db"]}, "web": {"hosts": ["web1", "web2"], "vars": {"env": "prod"}}, "db": ["db1"]}
EOF
`);
    expect(Object.fromEntries(hosts)).toEqual({
      web1: {
        ansible_host: '10.0.0.1',
        ansible_port: '2222',
        up: 'true',
        note: 'a',
        env: 'prod',
        'group.web': 'yes',
      },
      web2: { env: 'prod', 'group.web': 'yes' },
      db1: { 'group.db': 'yes' },
    });
  });

  test.each([
    [
      'fails, with the end of what it said',
      '#!/bin/sh\necho no cloud today >&2\nexit 3\n',
      'TG_INVENTORY_FAILED',
      'ended with 3:\nno cloud today',
    ],
    ['dies', '#!/bin/sh\nkill -9 $$\n', 'TG_INVENTORY_FAILED', 'ended with SIGKILL, and said nothing'],
    [
      'has no interpreter',
      '#!/no/such/thing\n',
      'TG_INVENTORY_FAILED',
      'the interpreter in its first line does not exist',
    ],
    ['prints no JSON', '#!/bin/sh\necho hello\n', 'TG_INVENTORY_INVALID', 'it begins with "hello\\n"'],
    [
      'prints no groups',
      '#!/bin/sh\necho \'{"web": {"hosts": "web1"}}\'\n',
      'TG_INVENTORY_INVALID',
      'web.hosts: expected a list, found "web1"',
    ],
    [
      'prints a list',
      '#!/bin/sh\necho []\n',
      'TG_INVENTORY_INVALID',
      'expected keys and values, found a list of 0',
    ],
  ])('that %s is refused', async (_, text, code, why) => {
    await expect(program(text)).rejects.toMatchObject({ code, message: expect.stringContaining(why) });
  });
});

describe('a plain list', () => {
  test('is a name or node set a line, with what is said of it behind it', async () => {
    const hosts = await read(
      'list.txt',
      'web[01-02] port=2222 rack=r1\n; old\napp1 address=10.0.0.7 account=ops jump=gw1 platform=lab os="Debian 12"\ndb[1:2]:2200\nweb02 rack=r2\n',
    );
    expect(Object.fromEntries(hosts)).toEqual({
      web01: { tidegate_port: '2222', rack: 'r1' },
      web02: { tidegate_port: '2222', rack: 'r2' },
      app1: {
        tidegate_address: '10.0.0.7',
        tidegate_account: 'ops',
        tidegate_jump: 'gw1',
        platform: 'lab',
        os: 'Debian 12',
      },
      db1: { tidegate_port: '2200' },
      db2: { tidegate_port: '2200' },
    });
  });

  test('refuses what is no name, by line', async () => {
    await expect(read('list.txt', 'web1\nweb[a-b]\n')).rejects.toMatchObject({
      code: 'TG_INVENTORY_INVALID',
      message: expect.stringContaining(
        `${folder}/list.txt:2  "web[a-b]", position 5: in brackets stand numbers`,
      ),
    });
  });

  test('may be empty', async () => {
    expect(await read('list.txt', '\n# nobody yet\n')).toEqual(new Map());
  });
});

describe('OpenSSH known_hosts', () => {
  test('gives each host once, by its name rather than its address, with its port', async () => {
    const hosts = await read(
      'known_hosts',
      [
        `10.0.0.1,web1.example.com ${key} a comment`,
        `web1.example.com ecdsa-sha2-nistp256 AAAAE2VjZHNh`,
        `[web2]:2222 ${key}`,
        `web2 ${key}`,
        `*.wild.example.com,!not ${key}`,
        `@revoked web3 ${key}`,
        `@cert-authority *.example.com ${key}`,
        `10.0.0.4 ${key}`,
      ].join('\n'),
    );
    expect(Object.fromEntries(hosts)).toEqual({
      'web1.example.com': { tidegate_address: 'web1.example.com', tidegate_port: '22' },
      web2: { tidegate_address: 'web2', tidegate_port: '2222' },
      'web2-22': { tidegate_address: 'web2', tidegate_port: '22' },
      '10.0.0.4': { tidegate_address: '10.0.0.4', tidegate_port: '22' },
    });
  });

  test('refuses hashed names, and says why', async () => {
    await expect(read('known_hosts', `web1 ${key}\n|1|c2FsdA==|aGFzaA== ${key}\n`)).rejects.toMatchObject({
      code: 'TG_INVENTORY_INVALID',
      message: expect.stringContaining(
        'known_hosts:2  the name is hashed (HashKnownHosts) and cannot be read back',
      ),
    });
  });
});

test('a folder and a missing file are named', async () => {
  await expect(readInventory(folder)).rejects.toThrow('is a folder; name one file');
  await expect(readInventory(join(folder, 'gone'))).rejects.toMatchObject({
    code: 'TG_FILE_MISSING',
  });
});

const program = (text: string) => read('inventory.sh', text, 0o755);
