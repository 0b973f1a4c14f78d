import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { Relay } from '../support/relay';

/** Hosts by what the network before them does; the first one is the control instance, with nothing before it. */
const cut = [1, 2, 3, 4, 5, 6];
const swallowed = [7, 8, 9, 10];
const slow = 11;
const stormy = 12;
/** A host takes some 100 KB: a slow one is far behind the others, and not given up. */
const slowBytesPerSecond = 40_000;
/** Less than a key exchange takes. */
const stormBytes = 1_500;

let fleet: TestFleet;
const relays = new Map<number, Relay>();
let plan: string;
let rollout: string;
let ended: unknown;
let second: Rpm;
let third: Rpm;

/** One rollout over a good network tells how many bytes a host takes; the next one meets each fault at a place of its own. */
beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 13, domains: 2 });
  const first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  third = await fleet.package('3.0');
  fleet.preinstall(first);
  for (const index of [...cut, ...swallowed, slow, stormy])
    relays.set(index, await Relay.before(fleet.hosts[index]!));
  await fleet.work();

  const goodPlan = await planOf(second);
  const before = relays.get(1)!.passedBytes;
  expect(await (await fleet.rollout(goodPlan)).handle.result()).toEqual({ result: 'done' });
  const bytes = relays.get(1)!.passedBytes - before;

  plan = await planOf(third);
  for (const [place, index] of cut.entries())
    relays.get(index)!.after((bytes * (place + 0.5)) / cut.length, 'reset');
  for (const [place, index] of swallowed.entries())
    relays.get(index)!.after((bytes * (place + 0.5)) / swallowed.length, 'black hole');
  relays.get(slow)!.bytesPerSecond = slowBytesPerSecond;
  relays.get(stormy)!.resetEachAfterBytes = stormBytes;
  relays.get(stormy)!.resetAll();
  const started = await fleet.rollout(plan);
  rollout = started.rollout;
  ended = await started.handle.result();
}, 240_000);

afterAll(async () => {
  for (const relay of relays.values()) await relay.stop();
  await fleet.stop();
});

test('a connection that is reset, wherever it is on its way, costs a host nothing: done, and done once', () => {
  expect(cut.map((index) => relays.get(index)!.resets)).toEqual(cut.map(() => 1));
  expectDoneOnce(cut);
});

test('nor does a black hole in which it falls', () => {
  expect(swallowed.map((index) => relays.get(index)!.holes)).toEqual(swallowed.map(() => 1));
  expectDoneOnce(swallowed);
});

test('a slow link is only slow', () => {
  expectDoneOnce([slow]);
});

test('a host in a storm of resets is owed, untouched, and patched by a retry once it is over', async () => {
  expect(ended).toEqual({ result: 'incomplete' });
  expect(relays.get(stormy)!.resets).toBeGreaterThan(2);
  expect(await fleet.troubles(rollout)).toEqual([expect.stringContaining('web012 owed')]);
  expect(versionOn(stormy)).toBe('2.0');
  relays.get(stormy)!.resetEachAfterBytes = Number.POSITIVE_INFINITY;
  const again = await fleet.rollout(plan, { rollout, verb: 'retry' });
  expect(await again.handle.result()).toEqual({ result: 'done' });
  expectDoneOnce([stormy]);
});

function planOf(rpm: Rpm): Promise<string> {
  return fleet.plan(
    {
      waves: ['100%'],
      caps: { total: 13 },
      budget: { stopAt: 13, firstWaveStopAt: 13 },
      unreachable: { tries: 3, within: '2s', pauseOver: '100%' },
    },
    rpm,
  );
}

const versionOn = (index: number) => fleet.versions()[index];

/** The second of two transactions brought the version. */
function expectDoneOnce(indices: readonly number[]): void {
  const versions = fleet.versions();
  const seen = indices.map((index) => [index, versions[index], rpmCalls(fleet.hosts[index]!).length]);
  expect(seen).toEqual(indices.map((index) => [index, '3.0', 2]));
}
