import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
import { rpmCalls, type SandboxHost } from '../support/host';
import { Relay } from '../support/relay';
import { entriesOf, until } from '../support/rollouts';

/** Longer than heartbeats, leases and workflow tasks may be silent (workflows/proxies.ts, activities/lease.ts). */
const pastEveryTimeoutMs = 12_000;
/** Once the lease of a worker that does not reach the server has run out, it begins nothing. */
const pastTheLeaseMs = 7_000;

/** The hosts of the fleet, each by the step of its way that it is at when something happens. */
const steps = [
  'recorded',
  'begin on the host, waiting for its lock',
  'before its transaction',
  'in a scriptlet',
  'done, and its answer on its way',
  'begin on its way',
  'looked at, waiting for a slot',
] as const;
type Step = (typeof steps)[number];
const heldBefore: readonly Step[] = ['recorded', 'before its transaction', 'done, and its answer on its way'];
const lookedAtLast: readonly Step[] = ['begin on its way', 'looked at, waiting for a slot'];
const relayed: readonly Step[] = ['done, and its answer on its way', ...lookedAtLast];
const holdLock = `touch /etc/hold-lock
  setsid flock -w 5 /var/lib/tidegate/lock sh -c 'touch /etc/has-lock; while [ -e /etc/hold-lock ]; do sleep 0.05; done' \\
    >/dev/null 2>&1 &
  timeout 5 sh -c 'until [ -e /etc/has-lock ]; do sleep 0.02; done'; rm /etc/has-lock`;

let fleet: TestFleet;
const relays = new Map<Step, Relay>();
let releases = 0;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: steps.length, domains: 1, stateMebibytes: 64 });
  fleet.preinstall(await packaged());
  for (const step of relayed) relays.set(step, await Relay.before(at(step)));
  for (const step of steps)
    at(step).sandbox.run('umask 077; mkdir -p /var/lib/tidegate/operations /var/lib/tidegate/stage');
  await fleet.work();
});

afterAll(async () => {
  for (const relay of relays.values()) await relay.stop();
  await fleet.stop();
});

/** Each does what it is called, and in the middle of it lets all hosts go on. */
const faults: Readonly<Record<string, (goOn: () => void) => Promise<void>>> = {
  'the worker is killed': async (goOn) => {
    await fleet.killWorker();
    goOn();
    await fleet.work();
  },
  'the worker is stopped past every timeout and continued': (goOn) =>
    stopped(fleet.worker.pid!, async () => goOn()),
  'the server is killed': async (goOn) => {
    const start = await fleet.killServer();
    goOn();
    await start();
  },
  'worker and server are killed': async (goOn) => {
    const [start] = await Promise.all([fleet.killServer(), fleet.killWorker()]);
    goOn();
    await start();
    await fleet.work();
  },
  'the server does not answer for longer than the worker’s lease': async (goOn) => {
    const begun = beginsOn('looked at, waiting for a slot');
    await stopped(fleet.server.pid, async () => {
      await sleep(pastTheLeaseMs);
      goOn();
      // Slots are free for the one that waits: what keeps it is that its worker may have been replaced.
      await untilOn('in a scriptlet', hasEnded);
      await sleep(pastEveryTimeoutMs - pastTheLeaseMs);
      expect(beginsOn('looked at, waiting for a slot')).toBe(begun);
    });
  },
  'the disk of worker and server is full': async (goOn) => {
    const filling = join(fleet.home.state, 'filling');
    spawnSync('dd', ['if=/dev/zero', `of=${filling}`, 'bs=4k']);
    goOn();
    for (const step of ['before its transaction', 'in a scriptlet'] as const) await untilOn(step, hasEnded);
    await sleep(pastEveryTimeoutMs);
    rmSync(filling);
  },
};

test.each(Object.keys(faults))(
  '%s while hosts are at every step of their way: all are done, each once',
  async (fault) => {
    const before = callsOf();
    const { rollout, handle, goOn } = await hostsAtEveryStep();
    await faults[fault]!(goOn);
    const ended = await handle.result();
    expect(await fleet.troubles(rollout)).toEqual([]);
    expect(ended).toEqual({ result: 'done' });
    expect(fleet.versions()).toEqual(steps.map(version));
    // The control instance rehearsed the patch and its undo before it got the patch itself.
    expect(callsOf().map((calls, index) => calls - before[index]!)).toEqual(
      steps.map((_, index) => (index === 0 ? 3 : 1)),
    );
    // What was begun once is one operation, whoever asks for it afterwards; a begin that never arrived is void.
    const entries = await entriesOf(fleet, rollout);
    const outcomes = entries.filter(({ kind }) => kind === 'ended');
    expect(outcomes).toHaveLength(steps.length + 2);
  },
);

/** Starts a rollout of a new version. @returns when each host is at its step; `goOn` lets nothing hold them there. */
async function hostsAtEveryStep() {
  const rpm = await packaged();
  const plan = await fleet.plan(
    {
      waves: ['100%'],
      caps: { total: 5 },
      budget: { stopAt: steps.length, firstWaveStopAt: steps.length },
      before: ['while [ -e /etc/hold-before ]; do sleep 0.05; done'],
    },
    rpm,
  );
  for (const step of heldBefore) at(step).sandbox.run('touch /etc/hold-before');
  at('in a scriptlet').sandbox.run('rm -f /etc/in-scriptlet; touch /etc/hold-scriptlet');
  at('begin on the host, waiting for its lock').sandbox.run(holdLock);
  // What no slot is left for is looked at last.
  for (const step of lookedAtLast) relays.get(step)!.hold('to the host');
  const { rollout, handle } = await fleet.rollout(plan);
  await untilInFlight(rollout, steps.slice(0, 5));

  // The next one gets the slot of the first, and its begin does not reach it.
  const staged = `test -e /var/lib/tidegate/stage/${rpm.sha256}.rpm`;
  relays.get('begin on its way')!.release();
  await untilOn('begin on its way', staged);
  relays.get('begin on its way')!.hold('to the host');
  at('recorded').sandbox.run('rm /etc/hold-before');
  await untilInFlight(rollout, ['begin on its way']);
  relays.get('looked at, waiting for a slot')!.release();
  await untilOn('looked at, waiting for a slot', staged);

  relays.get('done, and its answer on its way')!.hold('from the host');
  at('done, and its answer on its way').sandbox.run('rm /etc/hold-before');
  await untilOn('done, and its answer on its way', hasEnded);
  await untilOn('in a scriptlet', 'test -e /etc/in-scriptlet');
  const goOn = () => {
    for (const step of steps) at(step).sandbox.run('rm -f /etc/hold-*');
    for (const relay of relays.values()) relay.release();
  };
  return { rollout, handle, goOn };
}

async function untilInFlight(rollout: string, wanted: readonly Step[]): Promise<void> {
  await until(async () => {
    const record = await fleet.record(rollout);
    const names = record.inFlight().map((index) => record.host(index).name);
    return wanted.every((step) => names.includes(at(step).host.name));
  });
}

const untilOn = (step: Step, shell: string) => until(() => at(step).sandbox.run(shell).code === 0);
const hasEnded = 'test -e /var/lib/tidegate/operations/$(cat /var/lib/tidegate/head)/result';
const at = (step: Step): SandboxHost => fleet.hosts[steps.indexOf(step)]!;
const callsOf = () => fleet.hosts.map((host) => rpmCalls(host).length);
const beginsOn = (step: Step) =>
  at(step).sandbox.run('ls /var/lib/tidegate/operations/*/request | wc -l').out.trim();
const version = () => `${releases}.0`;

/** The next version, whose scriptlet waits where it is held. The hosts' rpmdb knows of no shell. */
function packaged(): Promise<Rpm> {
  releases += 1;
  const post = 'touch /etc/in-scriptlet; while [ -e /etc/hold-scriptlet ]; do sleep 0.05; done';
  return fleet.package(version(), { post, preamble: ['Provides: /bin/sh'] });
}

async function stopped(pid: number, meanwhile: () => Promise<void>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await Promise.all([meanwhile(), sleep(pastEveryTimeoutMs)]).finally(() => process.kill(pid, 'SIGCONT'));
}
