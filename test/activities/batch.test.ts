import fc from 'fast-check';
import { runBatch } from '../../activities/rollout/batch';
import type { Behaviour } from '../../lab/simulation/simulated-hosts';
import { Ranges } from '../../model/ranges';
import { SimulatedRollout } from '../support/simulated-rollout';

const scenario = fc.record({
  hosts: fc.integer({ min: 1, max: 30 }),
  domains: fc.integer({ min: 1, max: 4 }),
  perDomain: fc.integer({ min: 1, max: 4 }),
  total: fc.integer({ min: 1, max: 8 }),
  stopAt: fc.integer({ min: 1, max: 6 }),
  behaviours: fc.array(
    fc.constantFrom<Behaviour>('well', 'well', 'well', 'fails', 'unreachable', 'lost', 'cut', 'late'),
    { minLength: 1, maxLength: 12 },
  ),
  /** Milliseconds after which the worker dies, once for each. */
  deaths: fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 3 }),
  batch: fc.integer({ min: 1, max: 12 }),
});

test('hosts that all do well are all applied, and hosts that all fail stop it at the budget', async () => {
  const calm = { hosts: 20, domains: 3, perDomain: 3, total: 8, stopAt: 4, deaths: [], batch: 7 };
  expect(await carryOut({ ...calm, behaviours: ['well'] })).toMatchObject({ applied: 20 });
  expect(await carryOut({ ...calm, behaviours: ['fails'] })).toMatchObject({ 'rolled back': 4, pending: 16 });
  expect(await carryOut({ ...calm, behaviours: ['lost', 'cut', 'well'] })).toMatchObject({ applied: 20 });
});

test('a begin that arrives after its host was asked begins nothing, and the next try succeeds', async () => {
  const calm = { hosts: 6, domains: 2, perDomain: 3, total: 6, stopAt: 4, deaths: [], batch: 6 };
  expect(await carryOut({ ...calm, behaviours: ['late'] })).toMatchObject({ applied: 6 });
});

test('a begin that is half there when its host is asked is waited for', async () => {
  const calm = { hosts: 3, domains: 1, perDomain: 3, total: 3, stopAt: 3, deaths: [], batch: 3 };
  expect(await carryOut({ ...calm, behaviours: ['stalled'] })).toMatchObject({ applied: 3 });
});

test('whatever hosts do, and whenever the worker dies: caps and budget hold, nothing happens twice, the sums are right', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      await carryOut(given);
    }),
    { numRuns: 60, endOnFailure: true },
  );
}, 120_000);

type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

async function carryOut(given: Scenario) {
  const behave = (name: string) => given.behaviours[Number(name.slice(1)) % given.behaviours.length]!;
  const rollout = await SimulatedRollout.plan({ ...given, behave });
  const { simulated } = rollout;
  try {
    let left = Ranges.between(0, given.hosts);
    const deaths = [...given.deaths];
    for (let rounds = 0; rounds < 60 && left.size > 0; rounds += 1) {
      const batch = left.first(given.batch);
      const running = runBatch(
        await rollout.work(),
        {
          ...rollout.reference,
          action: 'apply',
          wave: 1,
          hosts: batch.toText(),
          stopAt: given.stopAt,
          handOver: left.size > batch.size,
        },
        new AbortController().signal,
      );
      const dies = deaths.shift();
      const died =
        dies !== undefined &&
        (await Promise.race([
          running.then(() => false),
          new Promise((resolve) => setTimeout(() => resolve(true), dies)),
        ]));
      if (died) {
        running.catch(() => undefined);
        await rollout.die();
        continue;
      }
      const result = await running;
      // A host that is not reached is tried in one round only here: the wave's retries are not the batch's.
      left = left
        .subtract(batch)
        .union(Ranges.fromText(result.inProgress))
        .union(Ranges.fromText(result.left));
      if (result.stopped === 'budget' && Ranges.fromText(result.inProgress).size === 0) break;
    }
    const record = await rollout.record();

    for (const [domain, peak] of simulated.peaks)
      expect([domain, peak <= Math.min(given.perDomain, given.total)]).toEqual([domain, true]);
    expect(record.failures()).toBeLessThanOrEqual(Math.min(given.stopAt, given.hosts));
    const beginsAllowed = (name: string) => (behave(name) === 'lost' ? 2 : 1);
    for (const { name } of rollout.list)
      expect(simulated.begun.filter((begun) => begun === name).length).toBeLessThanOrEqual(
        beginsAllowed(name),
      );
    const counts = record.counts();
    // Nothing here leaves a host in an unknown state: a begin that arrives late finds its operation void.
    expect(counts.quarantined).toBe(0);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(given.hosts);
    for (const [index, host] of record.hosts) {
      const real = simulated.hosts.get(rollout.list[index]!.name);
      if (host.state === 'applied') expect(real?.version).toBe('2-1');
      if (host.state === 'rolled back') expect(real?.version).toBe('1-1');
      if (host.state === 'pending' && !host.running) expect(real?.version ?? '1-1').toBe('1-1');
    }
    return counts;
  } finally {
    await rollout.remove();
  }
}
