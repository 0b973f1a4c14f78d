const digest = '036d96991646d0449ed0aa952e4fbe21b476ce994abc276e49d30e686708bd37';

export const plans = [
  'package: unzip\nhosts: all\n',
  `package: unzip
hosts: web[001-180] & !@canary, rack=r1
artifact: 6.0-28.1
waves: [1, 5%, "25 %", 100%]
caps: { perDomain: 5%, perDomainMost: 15, withoutDomain: 10, total: 50, startsPerSecond: 5.5 }
budget:
  stopAt: 2%
  firstWaveStopAt: 1
  whenSpent: rollback
  overshoot: never
failedHost: leave
unreachable: { tries: 3, within: 15m, owedFor: 14d, pauseOver: 10% }
soak: 1h30m
gates: [1, 3]
checks:
  - unzip -v
  - { service: sshd.service }
  - { tcp: "localhost:22" }
  - { http: "http://localhost:8080/health?x=1", status: 204 }
before: [systemctl stop app]
after: ["systemctl start app"]
restart: [app.service]
absent: install
downgrade: true
rollback: required
window: { days: mon-fri, from: "22:00", to: "05:00:30", zone: Europe/Berlin, rollbackWaits: true }
timeouts: { connect: 10s, preflight: 60s, rpmLock: 10m, slow: 5m, operation: 60m, check: 1m }
notify: { webhook: "https://chat.example.org/hook" }
`,
  `defaults: &defaults
  soak: 90s
<<: *defaults
package: openssl
hosts: |
  db[1-3]
soak: 0
notify:
  command: "mail -s x ops"
`,
];

export const recipes = [
  `# from Debian's source archive
package: unzip
source: { deb-src: unzip=6.0-28 }
version: "6.0"
release: "28.1"
patches:
  - debian/patches/series # all of them
fixes: [CVE-2022-0529, CVE-2022-0530]
date: "2023-02-19T18:02:00Z"
vendor: A vendor
spec: unzip.spec
`,
  `package: hello
source: { url: "https://example.org/hello-2.12.tar.gz", sha256: ${digest} }
version: 2.12~rc1
release: 1%{?dist}
patches: [fix.patch]
summary: says hello
license: GPL-3.0-or-later
build: |
  %configure
  make
install: make install DESTDIR=%{buildroot}
files: [/usr/bin/hello, "%doc README"]
folder: hello-2.12
requires: [glibc >= 2.28]
buildRequires: [gcc, make]
platforms: [debian12-x86_64]
`,
  'package: bash\nsource: srpm\npatches: [fix.patch]\n',
  `package: x\nsource: { git: "https://example.org/x.git", commit: ${'ab'.repeat(20)} }\nspec: unzip.spec\n`,
];

export const locks = [
  `date: 2023-02-19T18:02:00Z\nsources: { a.tar: { sha256: ${digest}, sizeBytes: 1 } }\n`,
  `# Written by tidegate build --pin. Keep it beside the recipe.
date: 2023-02-19T18:02:00Z
sources:
  unzip_6.0-28.dsc:
    sha256: ${digest}
    sizeBytes: 1359
  unzip_6.0.orig.tar.gz: { sha256: ${digest}, sizeBytes: 1376845 }
`,
];

export const fleets = [
  `fleet: prod
account: tidegate
port: 22
domain: rack
control: { debian12-x86_64: control1 }
key: keys/automation
knownHosts: [known_hosts, /etc/ssh/ssh_known_hosts]
trustedKeys: [vendor.asc]
signing: { gnupgHome: gnupg, key: ops@example.org }
allowedSigners: allowed_signers
jump: gw1
hosts:
  control1: { address: 10.0.0.1 }
  gw1:
  web01: { address: 10.0.0.2, port: 2222, labels: { rack: r1, os: "12" } }
  web02: { account: ops, jump: "root@[fe80::1]:2200", owner: team-a, platform: debian12-x86_64 }
`,
  'fleet: small\nhosts: { a: , b: { labels: { x: "1" } } }\n',
  `fleet: merged
hosts:
  a: &a { port: 2222, labels: &l { rack: r1 } }
  b: { <<: *a, labels: { <<: *l, os: x } }
  c: *a
`,
];

export const holds = [
  JSON.stringify([
    {
      host: 'web01',
      until: '2026-03-09T00:00:00Z',
      reason: 'disk',
      actor: 'anna',
      at: '2026-03-01T00:00:00Z',
    },
    { host: 'web02', reason: 'for ever', actor: 'ben', at: '2026-03-01T00:00:00.000Z' },
  ]),
  '[]\n',
];
