import { folder, read } from '../../support/written-inventory';

describe('Ansible YAML', () => {
  test('gives the same as INI, scalars as written, and leaves vaults out', async () => {
    const hosts = await read(
      'hosts.yaml',
      `
all:
  vars: { site: one, version: 1.10 }
  hosts:
    lonely:
  children:
    prod:
      vars: &common { env: prod }
      children:
        web:
          hosts:
            web[1:2]: { ansible_port: 2222, up: yes, ports: [1, 2] }
            web1:
              key: !vault |
                $ANSIBLE_VAULT;1.1;AES256
              text: !unsafe "{{ x }}"
    db:
      hosts:
`,
    );
    expect(Object.fromEntries(hosts)).toEqual({
      lonely: { site: 'one', version: '1.10' },
      web1: {
        site: 'one',
        version: '1.10',
        env: 'prod',
        'group.prod': 'yes',
        'group.web': 'yes',
        ansible_port: '2222',
        up: 'yes',
        text: '{{ x }}',
      },
      web2: {
        site: 'one',
        version: '1.10',
        env: 'prod',
        'group.prod': 'yes',
        'group.web': 'yes',
        ansible_port: '2222',
        up: 'yes',
      },
    });
  });

  test('refuses a key that is none of its own, with its place', async () => {
    await expect(read('hosts.yml', 'web:\n  host:\n    web1:\n')).rejects.toMatchObject({
      code: 'TG_FILE_INVALID',
      message: `${folder}/hosts.yml:2:3  web.host: is not a key here; did you mean hosts?`,
    });
    await expect(
      read('hosts.yml', 'web:\n  host:\n  hosts: [a]\n  children: { x: { vars: 3 } }\n'),
    ).rejects.toMatchObject({
      message: [
        `${folder}/hosts.yml:2:3  web.host: is not a key here; did you mean hosts?`,
        `${folder}/hosts.yml:3:10  web.hosts: expected keys and values, found a list of 1`,
        `${folder}/hosts.yml:4:26  web.children.x.vars: expected keys and values, found "3"`,
      ].join('\n'),
    });
    await expect(read('hosts.yml', 'web:\n  hosts:\n    "web[2:1]":\n')).rejects.toThrow('runs backwards');
  });
});
