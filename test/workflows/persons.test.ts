import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { entriesOf, until, untilPhase } from '../support/rollouts';

let fleet: TestFleet;
let first: Rpm;
let second: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 4, domains: 2 });
  // An undo waits in the old version's scriptlet. The hosts' rpmdb knows of no shell.
  const post = 'while [ -e /etc/hold-undo ]; do sleep 0.05; done';
  first = await fleet.package('1.0', { post, preamble: ['Provides: /bin/sh'] });
  second = await fleet.package('2.0');
  await fleet.work();
});

beforeEach(() => {
  fleet.preinstall(first);
  for (const { sandbox } of fleet.hosts) sandbox.run('rm -f /var/tmp/plan-*');
});

afterAll(() => fleet.stop());

test('whatever people ask twice, and from two terminals at once, is done once, and by the plan as it was started', async () => {
  const after = ['echo ran >>/var/tmp/plan-one'];
  fleet.writePlan({ ...oneByOne, waves: [1, 2, '100%'], gates: [1, 2], after, before: [holds] }, second);
  const rollout = await start();
  await untilPhase(fleet, rollout, 'waiting for approval', 1);
  const other = ['echo ran >>/var/tmp/plan-other'];
  fleet.writePlan({ ...oneByOne, waves: ['100%'], after: other, checks: ['false'] }, second);

  onAll('touch /etc/hold');
  await both('approve', rollout, '--wave', '1');
  await until(async () => (await fleet.record(rollout)).inFlight().length > 0);
  for (const { code, out } of await both('pause', rollout)) {
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verb: 'pause', inFlight: 1 });
  }
  onAll('rm /etc/hold');
  await until(async () => (await fleet.record(rollout)).inFlight().length === 0);
  await both('resume', rollout);
  // The second approval of the first wave has not opened the next gate.
  await untilPhase(fleet, rollout, 'waiting for approval', 2);
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 2, pending: 2 });
  await tidegate('approve', rollout, '--wave', '1');
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 2, pending: 2 });
  await both('approve', rollout, '--wave', '2');
  expect((await tidegate('watch', rollout)).code).toBe(0);

  expect(fleet.hosts.map((host) => rpmCalls(host).length)).toEqual([3, 1, 1, 1]);
  for (const { sandbox } of fleet.hosts)
    expect(sandbox.run('cd /var/tmp; cat plan-one; ls plan-*').out).toBe('ran\nplan-one\n');
});

test('a retry by two at once tries each host once, and an abort by two ends a rollback in its middle', async () => {
  fleet.writePlan({ ...oneByOne, waves: ['100%'], checks: ['test ! -e /etc/fault'] }, second);
  const [, , ill] = fleet.hosts;
  ill!.sandbox.run('touch /etc/fault');
  const rollout = await start();
  expect((await tidegate('watch', rollout)).code).toBe(3);
  ill!.sandbox.run('rm /etc/fault');
  const before = rpmCalls(ill!).length;
  await both('retry', rollout);
  await tidegate('watch', rollout);
  expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 4 });
  expect(rpmCalls(ill!)).toHaveLength(before + 1);
  const tries = (await entriesOf(fleet, rollout)).filter(
    (entry) => entry.kind === 'begun' && entry.host === 'web002' && entry.action === 'apply',
  );
  expect(tries).toHaveLength(2);

  onAll('touch /etc/hold-undo');
  const rollback = tidegate('rollback', rollout);
  await until(async () => (await fleet.record(rollout)).inFlight().length === 2);
  const aborted = both('abort', rollout);
  await until(async () => (await fleet.record(rollout)).gate === 'closed');
  onAll('rm /etc/hold-undo');
  expect((await aborted).map(({ code }) => code)).toEqual([0, 0]);
  expect((await rollback).code).toBe(3);
  const counts = (await fleet.record(rollout)).counts();
  expect(counts).toMatchObject({ 'rolled back': 2, applied: 2 });
  expect(fleet.versions().sort()).toEqual(['1.0', '1.0', '2.0', '2.0']);
  expect((await fleet.record(rollout)).ended).toMatchObject({ result: 'aborted' });
});

const oneByOne = { caps: { perDomain: 1 }, budget: { stopAt: 4, firstWaveStopAt: 4 } };
const holds = 'while [ -e /etc/hold ]; do sleep 0.05; done';
const onAll = (shell: string) => {
  for (const { sandbox } of fleet.hosts) sandbox.run(shell);
};

async function start(): Promise<string> {
  await tidegate('plan', 'plan.yaml');
  const { out, err } = await tidegate('start', 'plan.yaml', '--detach');
  expect(err).not.toContain('TG_');
  return JSON.parse(out).rollout;
}

/** One verb from two terminals at once: at least one of them is done, and the other or both say so, or why not. */
async function both(verb: string, ...words: string[]) {
  const answers = await Promise.all([tidegate(verb, ...words), tidegate(verb, ...words)]);
  const refused = answers.filter(({ code }) => code !== 0 && code !== 3);
  for (const { err } of refused)
    expect(JSON.parse(err)).toMatchObject({ error: { code: expect.any(String) } });
  expect([verb, refused.length < 2, refused]).toEqual([verb, true, expect.anything()]);
  return answers;
}

function tidegate(verb: string, ...words: string[]): ReturnType<TestFleet['tidegate']> {
  const changes = !['plan', 'watch'].includes(verb);
  return fleet.tidegate([
    ...['rollout', verb, ...words],
    ...(changes ? ['--yes', '--reason', 'as a test'] : []),
    ...(verb === 'watch' ? [] : ['-o', 'json']),
  ]);
}
