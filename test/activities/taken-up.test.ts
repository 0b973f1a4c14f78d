import fc from 'fast-check';
import { owe, takeUpOwed } from '../../activities/rollout/owed';
import { retry } from '../../activities/rollout/retry';
import { sumsOf } from '../../activities/rollout/sums';
import type { RolloutWork } from '../../activities/rollout/work';
import type { Behaviour } from '../../lab/simulation/simulated-hosts';
import type { RolloutEntry } from '../../model/ledger';
import { owing } from '../../model/owed';
import { Ranges } from '../../model/ranges';
import { SimulatedRollout } from '../support/simulated-rollout';

/** Milliseconds after which the worker dies, once for each. */
const deaths = fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 2 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('wave' as const), deaths }),
  fc.record({ kind: fc.constant('raise' as const), by: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('retry' as const), every: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('owe' as const) }),
  fc.record({ kind: fc.constant('catch up' as const) }),
  /** Whatever was wrong with every so many-th host is mended. */
  fc.record({ kind: fc.constant('mend' as const), every: fc.integer({ min: 1, max: 3 }) }),
);
const scenario = fc.record({
  hosts: fc.integer({ min: 1, max: 16 }),
  domains: fc.integer({ min: 1, max: 3 }),
  perDomain: fc.integer({ min: 1, max: 4 }),
  total: fc.integer({ min: 1, max: 8 }),
  stopAt: fc.integer({ min: 1, max: 4 }),
  behaviours: fc.array(
    fc.constantFrom<Behaviour>('well', 'well', 'fails', 'unreachable', 'lost', 'cut', 'late', 'stuck'),
    { minLength: 1, maxLength: 8 },
  ),
  steps: fc.array(step, { maxLength: 10 }),
  rollback: fc.option(deaths, { nil: undefined }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

test('an undo that did not arrive is begun anew, by the same worker and by one that follows it', async () => {
  const steps = [{ kind: 'wave' as const, deaths: [] }];
  const calm = { hosts: 3, domains: 1, perDomain: 3, total: 3, stopAt: 3, steps };
  // At one of these the ledger has the intent, the host has made it void, and the ledger does not know.
  for (const rollback of [[], [4], [6], [8], [10], [12]])
    expect(await carryOut({ ...calm, behaviours: ['late'], rollback })).toMatchObject({ 'rolled back': 3 });
});

test('over budgets that are raised, retries, owed hosts, deaths and rollback: the sums add up, and no attempt is made twice', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      await carryOut(given);
    }),
    { numRuns: 60, endOnFailure: true },
  );
}, 120_000);

async function carryOut(given: Scenario) {
  const mended = new Set<string>();
  const numberOf = (name: string) => Number(name.slice(1));
  const planned = (name: string) => given.behaviours[numberOf(name) % given.behaviours.length]!;
  const behave = (name: string) => (mended.has(name) ? 'well' : planned(name));
  const rollout = await SimulatedRollout.plan({ ...given, behave });
  const all = Ranges.between(0, given.hosts);
  let { stopAt } = given;
  try {
    for (const taken of given.steps) {
      const work = await rollout.work();
      if (taken.kind === 'raise') stopAt += taken.by;
      if (taken.kind === 'wave') await batches(rollout, 'apply', taken.deaths, stopAt);
      if (taken.kind === 'owe')
        await owe(work, Ranges.of([...all].filter((index) => work.record(index).tries > 0)));
      const every = 'every' in taken ? taken.every : 1;
      const some = rollout.list.map(({ name }) => name).filter((name) => numberOf(name) % every === 0);
      if (taken.kind === 'mend') for (const name of some) mended.add(name);
      if (taken.kind === 'retry') await retry(work, some.join(','));
      if (taken.kind === 'catch up') {
        const owed = owing(work.book.record, { nowMs: Date.now(), newer: undefined, stopAt });
        await takeUpOwed(work, owed, some);
      }
      check(await rollout.work(), given.hosts);
      expect((await rollout.work()).book.record.failures()).toBeLessThanOrEqual(stopAt);
    }
    if (given.rollback) await batches(rollout, 'undo', given.rollback);
    const record = await rollout.record();
    check(await rollout.work(), given.hosts);
    if (given.rollback) expect(record.counts().applied).toBe(0);
    for (const [index, host] of record.hosts) {
      const { name } = rollout.list[index]!;
      const version = rollout.simulated.hosts.get(name)?.version ?? '1-1';
      if (host.state === 'applied') expect([name, version]).toEqual([name, '2-1']);
      if (host.state === 'rolled back' || host.state === 'owed')
        expect([name, version]).toEqual([name, '1-1']);
      if (host.state === 'quarantined') expect([name, planned(name)]).toEqual([name, 'stuck']);
    }
    expectNoAttemptTwice(await rollout.entries());
    return record.counts();
  } finally {
    await rollout.remove();
  }
}

/** Batches until one comes to its end, as Temporal has an activity whose worker died tried again. */
async function batches(
  rollout: SimulatedRollout,
  action: 'apply' | 'undo',
  deathsAfterMs: readonly number[],
  stopAt?: number,
): Promise<void> {
  const left = [...deathsAfterMs];
  for (;;) {
    const work = await rollout.work();
    const states = action === 'apply' ? ['pending'] : ['applied', 'failed'];
    const all = [...Ranges.between(0, rollout.list.length)].map((index) => ({
      index,
      ...work.record(index),
    }));
    const mine = all.filter(({ state, running, before }) =>
      running ? state !== 'quarantined' : states.includes(state) && (action === 'apply' || before),
    );
    const hosts = Ranges.of(mine.map(({ index }) => index)).toText();
    const running = rollout.batch(hosts, action, { stopAt });
    const dies = left.shift();
    const death = new Promise((resolve) => setTimeout(() => resolve('dead'), dies));
    if (dies === undefined || (await Promise.race([running, death])) !== 'dead') {
      await running;
      if (work.book.record.inFlight().length === 0) return;
      continue;
    }
    running.catch(() => undefined);
    await rollout.die();
  }
}

/** Each host is in exactly one state, whoever counts. */
function check(work: RolloutWork, hosts: number): void {
  const counts = work.book.record.counts();
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(hosts);
  const sums = sumsOf(work);
  expect(sums.owed).toBe(counts.owed);
  expect(sums.failures).toBe(work.book.record.failures());
  expect(Ranges.fromText(sums.undoable.failed).size).toBeLessThanOrEqual(counts.failed);
  // What is to be tried again may have the patch still.
  const others = Ranges.fromText(sums.undoable.applied).size - counts.applied;
  expect(others).toBeGreaterThanOrEqual(0);
  expect(others).toBeLessThanOrEqual(counts.pending + counts.owed);
}

/** An operation is begun once, whatever became of it: what comes after it is another attempt, under another ID. */
function expectNoAttemptTwice(entries: readonly RolloutEntry[]): void {
  const begun = entries.filter((entry) => entry.kind === 'begun');
  const attempts = begun.map(({ host, action, attempt }) => `${host} ${action} ${attempt}`);
  expect(attempts.filter((attempt, at) => attempts.indexOf(attempt) < at)).toEqual([]);
  const operations = new Set(begun.map(({ operation }) => operation));
  expect(operations.size).toBe(begun.length);
}
