const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGMqqAqQTNhgHZ6pZ8Y0gYFbzxZQXfB2mBpKyoVLFvZc';
const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1XbVDVZ8dAw4qBoUYmGhFj9cbMeLKFVLsYvJ9d1dYk';

export const ini = [
  `# a comment
lonely.example.com

[web]
web[01:03].example.com rack=r1   # the front
web02.example.com:2222 rack="row 2" note='a # b'
app[1-3] ansible_host=10.0.0.9 ansible_port=2200

[db]
db-[a:c] tidegate_address=10.0.1.9 tidegate_jump=gw@10.0.0.1:22

[prod:children]
web
db

[web:vars]
env = "web"
tier=front
ansible_password=secret

[all:vars]
site=one
; the end
`,
  '[a]\nb\n[c:children]\na\n[d:children]\nc\n',
];

export const yaml = [
  `all:
  vars: { site: one, version: 1.10 }
  hosts:
    lonely:
    gw1: { ansible_host: 10.0.0.1 }
  children:
    prod:
      vars: &common { env: prod }
      children:
        web:
          hosts:
            web[1:2]: { ansible_port: 2222, up: yes, ports: [1, 2] }
            app[01-03]:
              key: !vault |
                $ANSIBLE_VAULT;1.1;AES256
                6162
              text: !unsafe "{{ x }}"
          vars:
            <<: *common
            tier: front
        db:
          hosts: { db-1: , db-2: {} }
    empty:
`,
  'web:\n  hosts:\n    web1:\n',
];

export const json = [
  JSON.stringify({
    _meta: {
      hostvars: {
        web1: { ansible_host: '10.0.0.1', ansible_port: 2222, rack: 'r1', up: true, list: [1] },
        web2: { text: { __ansible_unsafe: '{{ x }}' }, secret: { __ansible_vault: '$ANSIBLE' } },
      },
    },
    all: { children: ['ungrouped', 'web'] },
    web: { hosts: ['web1', 'web2'], vars: { tier: 'front' } },
    db: ['db1', 'db2'],
    ungrouped: {},
  }),
  '{"_meta": {"hostvars": {}}, "all": {"hosts": ["a"]}}',
];

export const lists = [
  `# hosts
web[001-050] rack=r1 port=2222
app113 address=10.0.0.7 account=ops jump=gw1 platform=rhel9-x86_64 owner=team-a os="RHEL 9"
db[1:3]:2200 note='it''s' x=\\ y
gw1
`,
  'a\nb\nc\n',
];

export const knownHosts = [
  `# accepted
web1,10.0.0.1 ${key} 2026-03-02 by anna
[web2]:2222,[10.0.0.2]:2222 ${other}
@revoked web1 ${other}
@cert-authority *.example.org ${key}
*.example.org,!db.example.org ${key}
WEB3 ${key}
::1 ${key}
[fe80::1%eth0]:22 ${key}
`,
  `|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ${key}
@revoked |1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ${other}
`,
];
