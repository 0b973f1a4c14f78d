import { folder, read } from '../../support/written-inventory';

describe('Ansible INI', () => {
  test('gives groups, their variables from the outermost to the host, children and ranges', async () => {
    const hosts = await read(
      'hosts',
      `
# a comment
lonely.example.com

[web]
web[01:03].example.com rack=r1   # the front
web02.example.com:2222 rack="row 2" note='a # b'

[db]
db-[a:c] ansible_host=10.0.0.9

[prod:children]
web
db

[web:vars]
env = "web"
tier=front

[prod:vars]
env=prod
tier=none
owner=ops

[all:vars]
env=any
site=one
`,
    );
    expect([...hosts.keys()].sort()).toEqual([
      'db-a',
      'db-b',
      'db-c',
      'lonely.example.com',
      'web01.example.com',
      'web02.example.com',
      'web03.example.com',
    ]);
    expect(hosts.get('lonely.example.com')).toEqual({ env: 'any', site: 'one' });
    expect(hosts.get('web02.example.com')).toEqual({
      env: 'web',
      tier: 'front',
      owner: 'ops',
      site: 'one',
      rack: 'row 2',
      note: 'a # b',
      ansible_port: '2222',
      'group.web': 'yes',
      'group.prod': 'yes',
    });
    expect(hosts.get('db-c')).toMatchObject({ env: 'prod', tier: 'none', ansible_host: '10.0.0.9' });
  });

  test('refuses what it cannot read, every line by its number', async () => {
    await expect(
      read(
        'hosts',
        '[web]\nweb1 rack\nweb[9:1]\nweb1 a="b\n[web:things]\n[prod:children]\nwbe\n[web:vars]\nx\n',
      ),
    ).rejects.toMatchObject({
      code: 'TG_INVENTORY_INVALID',
      message: [
        `${folder}/hosts:2  expected key=value, found "rack"`,
        `${folder}/hosts:3  [9:1] runs backwards or not at all`,
        `${folder}/hosts:4  this " is not closed`,
        `${folder}/hosts:5  [web:things]: a section is [group], [group:vars] or [group:children]`,
        `${folder}/hosts:9  expected key=value, found "x"`,
      ].join('\n'),
    });
    await expect(read('hosts', '[web]\nweb1\n[prod:children]\nwbe\n')).rejects.toThrow(
      `${folder}/hosts:4  there is no group [wbe]; did you mean web?`,
    );
    await expect(read('hosts', '[a:children]\nb\n[b:children]\na\n')).rejects.toThrow(
      'group a is its own child: a → b → a',
    );
  });
});
