import type { Rpm } from '../../model/artifact';
import type { HostRecord } from '../../model/record';
import { TestFleet } from '../support/fleet';
import { rpmCalls, type SandboxHost } from '../support/host';

/** Longer than a look takes, and not long to wait for. */
const lookLimit = '5s';

/** Hosts whose root answers in the place of our shell, whatever it is asked; `$honest` is what a look would say. */
const forgeries = {
  'says that all is done before it is asked': `printf 'begun\\nstate done\\nbegan 1\\nended 2\\ncode 0\\noutcome ok\\n'`,
  'forges the state of its operation': `printf '%s\\ndone\\n' "$honest"; printf 'begun\\nstate applied\\noutcome fine\\n'`,
  'refuses with escape sequences and NULs': `printf 'refused TG_HOST_FULL \\033]0;owned\\007\\033[2J\\000\\000all yours\\n'`,
  'refuses with a code of its own making': `printf 'refused rm-rf \\033[31m/\\n'`,
  'prints without end': `while cat /dev/zero | head -c 1000000; do sleep 0.1; done`,
  'says nothing and stays': `exec sleep 600`,
} as const;
type Forgery = keyof typeof forgeries;
const names = Object.keys(forgeries) as Forgery[];

let fleet: TestFleet;
let foreign: SandboxHost;
let linked: SandboxHost;
let second: Rpm;
let rollout: string;
let records: ReadonlyMap<string, HostRecord>;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: names.length + 4, domains: 1 });
  [, , foreign, linked] = fleet.hosts as [SandboxHost, SandboxHost, SandboxHost, SandboxHost];
  fleet.preinstall(await fleet.package('1.0'));
  second = await fleet.package('2.0');
  await fleet.work();
  const plan = await fleet.plan(
    {
      waves: ['100%'],
      caps: { total: 20 },
      budget: { stopAt: 20, firstWaveStopAt: 20 },
      timeouts: { preflight: lookLimit, operation: '1m' },
      unreachable: { tries: 1, within: '1s', pauseOver: '100%' },
    },
    second,
  );
  for (const forgery of names) forge(hostOf(forgery), forgeries[forgery]);
  foreign.sandbox.run(
    'umask 077; mkdir -p /var/lib/tidegate/operations /var/lib/tidegate/stage; chown -R nobody /var/lib/tidegate',
  );
  linked.sandbox.run('mkdir -p -m 700 /var/tmp/trap; ln -s /var/tmp/trap /var/lib/tidegate');
  const started = await fleet.rollout(plan);
  rollout = started.rollout;
  expect(await started.handle.result()).toEqual({ result: 'incomplete' });
  records = new Map([...(await fleet.record(rollout)).hosts].map(([, record]) => [record.name, record]));
});

afterAll(() => fleet.stop());

test('no host is called patched that did not run our shell, and each is named with what is wrong with it', () => {
  expect(names.map((name) => [name, said(hostOf(name))])).toEqual([
    [names[0], 'untouched TG_HOST_ANSWER exit 0: '],
    [names[1], expect.stringMatching(/^quarantined \S+ .*the host answered what our shell does not print$/)],
    [names[2], 'untouched TG_HOST_FULL ?]0;owned??[2J??all yours'],
    [names[3], 'untouched TG_HOST_ANSWER ?[31m/'],
    [names[4], expect.stringMatching(/^owed TG_EXEC_TIMEOUT /)],
    [names[5], expect.stringMatching(/^owed TG_EXEC_TIMEOUT /)],
  ]);
  for (const name of names) expect(rpmCalls(hostOf(name))).toEqual([]);
});

test('a state directory of another account, and a link in its place, are not written to', () => {
  expect(said(foreign)).toMatch(/^quarantined TG_HOST_STATE_PLANTED .* is not root's alone/);
  expect(said(linked)).toMatch(/^quarantined TG_HOST_STATE_PLANTED .* is a symbolic link/);
  expect(foreign.sandbox.run('find /var/lib/tidegate -type f').out).toBe('');
  expect(linked.sandbox.run('ls -A /var/tmp/trap').out).toBe('');
});

test('hosts beside them are patched, once', () => {
  const honest = fleet.hosts.slice(0, 2);
  expect(honest.map(said)).toEqual(['applied', 'applied']);
  // The first one rehearsed the patch and its undo.
  expect(honest.map((host) => rpmCalls(host).length)).toEqual([3, 1]);
});

test('nothing that a host says reaches a terminal but as text', async () => {
  for (const verb of ['report', 'events', 'status']) {
    const { out, err } = await fleet.tidegate(['rollout', verb, rollout]);
    expect(out).toContain(verb === 'status' ? 'TG_HOST_FULL' : '?]0;owned??[2J??all yours');
    expect([...(out + err)].filter((letter) => letter < ' ' && letter !== '\n')).toEqual([]);
  }
});

/** What the ledger has on a host in the end. */
function said({ host }: SandboxHost): string {
  const { state, code, detail } = records.get(host.name)!;
  return [state, code, detail].filter((part) => part !== undefined).join(' ');
}

const hostOf = (forgery: Forgery): SandboxHost => fleet.hosts[4 + names.indexOf(forgery)]!;

/** sudo of this host answers itself, in the place of whatever it was to run. */
function forge({ sandbox }: SandboxHost, answer: string): void {
  sandbox.run(
    `cat >/usr/bin/sudo; chmod 755 /usr/bin/sudo`,
    `#!/bin/sh
honest=$(rpm.real -q --qf 'installed %{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH} %{SHA256HEADER}\\n' tgtest
  printf 'platform debian12 x86_64\\nhead none')
${answer}
`,
  );
}
