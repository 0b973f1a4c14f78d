import { survey } from '../../activities/plan/survey';
import { fleetFileSchema, type Host } from '../../model/fleet';
import { planSchema } from '../../model/plan';
import type { ExecResult } from '../../ssh/connection';
import type { Hosts } from '../../ssh/hosts';
import { Files } from '../../store/files';

const head = 'platform debian12 x86_64\nhead none\ndone\n';
/** What hosts answer when they are asked what they have. */
const answers: Readonly<Record<string, string>> = {
  has: `installed unzip 0 6.0 1 x86_64 abc\n${head}`,
  lacks: `package unzip is not installed\n${head}`,
  'is broken': `error: cannot open Packages database\npackage unzip is not installed\n${head}`,
  'is full': 'refused TG_HOST_FULL cannot write to /tmp\n',
  'stops half-way': 'package unzip is not installed\n',
};

test('only a host that says so is one without the package; of any other it is said why nothing is known', async () => {
  const hosts: Host[] = Object.keys(answers).map((name) => ({
    ...{ name, address: name, port: 22, account: 'x' },
    ...{ platform: 'debian12-x86_64', domain: '', labels: {} },
  }));
  const fleet = { name: 'f', hosts, file: fleetFileSchema.parse({ fleet: 'f' }), folder: '', digest: '' };
  const plan = planSchema.parse({ package: 'unzip', hosts: 'all' });
  const remote = { hosts: answering, files: new Files('/nowhere') };
  const { answers: known, problems } = await survey(remote, fleet, plan, hosts, ['unzip']);
  expect([...known].map(([name, { installed }]) => [name, installed.length])).toEqual([
    ['has', 1],
    ['lacks', 0],
  ]);
  expect(problems).toEqual([
    { host: 'is broken', code: 'TG_PREFLIGHT_REFUSED', detail: 'cannot open Packages database' },
    { host: 'is full', code: 'TG_HOST_FULL', detail: 'cannot write to /tmp' },
    { host: 'stops half-way', code: 'TG_HOST_ANSWER', detail: 'exit 0: ' },
  ]);
});

const answering: Hosts = {
  use: (target, work) =>
    work({
      target,
      closed: false,
      close() {},
      exec: async (): Promise<ExecResult> => {
        const stdout = Buffer.from(answers[target.name]!);
        const nothing = Buffer.alloc(0);
        return { code: 0, stdout, stderr: nothing, stdoutBytes: stdout.length, stderrBytes: 0 };
      },
    }),
};
