import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { freeze } from '../../activities/plan/freeze';
import { runBatch } from '../../activities/rollout/batch';
import { Books } from '../../activities/rollout/book';
import { Chain } from '../../activities/rollout/chain';
import { Gate } from '../../activities/rollout/gate';
import type { Lease } from '../../activities/rollout/lease';
import { Planned } from '../../activities/rollout/planned';
import { RolloutWork } from '../../activities/rollout/work';
import type { Rpm } from '../../model/artifact';
import { type Fleet, fleetFileSchema, type Host } from '../../model/fleet';
import { planSchema } from '../../model/plan';
import { Ranges } from '../../model/ranges';
import { Files } from '../../store/files';
import { Ledger } from '../../store/ledger';
import { type Behaviour, SimulatedHosts } from '../support/simulated-hosts';

const rpm = (version: string, headerDigest: string): Rpm => ({
  file: 'tgtest.rpm',
  sha256: Buffer.from(headerDigest).toString('hex').padEnd(64, '0'),
  sizeBytes: 1,
  name: 'tgtest',
  epoch: '0',
  version,
  release: '1',
  arch: 'noarch',
  headerDigest,
  installedSizeBytes: 1,
});
const before = rpm('1', 'header-of-old');
const after = rpm('2', 'header-of-new');

const scenario = fc.record({
  hosts: fc.integer({ min: 1, max: 30 }),
  domains: fc.integer({ min: 1, max: 4 }),
  perDomain: fc.integer({ min: 1, max: 4 }),
  total: fc.integer({ min: 1, max: 8 }),
  stopAt: fc.integer({ min: 1, max: 6 }),
  behaviours: fc.array(
    fc.constantFrom<Behaviour>('well', 'well', 'well', 'fails', 'unreachable', 'lost', 'cut'),
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
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-batch-'));
  const names = Array.from({ length: given.hosts }, (_, i) => `h${i}`);
  const domainOf = (name: string) => `d${Number(name.slice(1)) % given.domains}`;
  const behave = (name: string) => given.behaviours[Number(name.slice(1)) % given.behaviours.length]!;
  const simulated = new SimulatedHosts(domainOf, behave, () => 4 + Math.random() * 8, {
    before: before.headerDigest,
    after: after.headerDigest,
  });
  const hosts: Host[] = names.map((name) => ({
    name,
    address: name,
    port: 22,
    account: 'x',
    platform: 'sim-x86',
    domain: domainOf(name),
    labels: {},
  }));
  const fleet: Fleet = {
    name: 'sim',
    hosts,
    file: fleetFileSchema.parse({ fleet: 'sim' }),
    folder,
    digest: 'd',
  };
  const files = new Files(join(folder, 'files'));
  const plan = planSchema.parse({
    package: 'tgtest',
    hosts: 'all',
    waves: ['100%'],
    caps: { perDomain: given.perDomain, total: given.total, startsPerSecond: 100_000 },
    budget: { stopAt: given.stopAt },
  });
  const frozen = await freeze({
    fleet,
    plan,
    planFile: '',
    planPath: '',
    artifact: {
      digest: 'c'.repeat(64),
      package: 'tgtest',
      version: '2-1',
      platforms: { 'sim-x86': [after] },
      origin: 'built',
      signedBy: '',
      createdAt: '',
    },
    selected: hosts,
    holds: [],
    surveys: new Map(
      names.map((name) => [
        name,
        { installed: [before], platform: 'sim-x86', head: 'none', complaints: [], free: [] },
      ]),
    ),
    findUndo: async () => before,
    nowIso: new Date().toISOString(),
  });
  const digest = await files.putJson({ ...frozen.record, list: await files.putJson(frozen.list) });

  const live = async () => {
    const ledger = await Ledger.open(join(folder, 'ledger'));
    const books = new Books(ledger);
    const lease = { fresh: () => true, end() {} } as unknown as Lease;
    const secured = {
      hosts: simulated,
      files,
      gate: new Gate(),
      chain: await Chain.read(ledger),
      lease,
      epoch: 1,
      fleet: async () => fleet,
    };
    const book = await books.open('r-1');
    if (!book.record.started)
      await book.append({
        kind: 'started',
        rollout: 'r-1',
        fleet: 'sim',
        package: 'tgtest',
        version: '2-1',
        plan: digest,
        workflowId: 'none',
        hosts: given.hosts,
        selected: given.hosts,
        untouched: {},
        waves: [given.hosts],
        stopAt: given.stopAt,
        actor: { name: 'tests', proof: 'claimed' },
      });
    return { ledger, work: new RolloutWork(secured, book, await Planned.load(files, digest, fleet), fleet) };
  };

  try {
    let left = Ranges.between(0, given.hosts);
    const deaths = [...given.deaths];
    let { ledger, work } = await live();
    for (let rounds = 0; rounds < 60 && left.size > 0; rounds += 1) {
      const batch = left.first(given.batch);
      const running = runBatch(
        work,
        {
          fleet: 'sim',
          rollout: 'r-1',
          plan: digest,
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
        simulated.generation += 1;
        await ledger.close();
        ({ ledger, work } = await live());
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
    await ledger.close();
    const { work: told, ledger: last } = await live();
    const { record } = told.book;
    await last.close();

    for (const [domain, peak] of simulated.peaks)
      expect([domain, peak <= Math.min(given.perDomain, given.total)]).toEqual([domain, true]);
    expect(record.failures()).toBeLessThanOrEqual(Math.min(given.stopAt, given.hosts));
    const beginsAllowed = (name: string) => (behave(name) === 'lost' ? 2 : 1);
    for (const name of names)
      expect(simulated.begun.filter((begun) => begun === name).length).toBeLessThanOrEqual(
        beginsAllowed(name),
      );
    const counts = record.counts();
    // Nothing here leaves a host in an unknown state: a begin that arrives late finds its operation void.
    expect(counts.quarantined).toBe(0);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(names.length);
    for (const [index, host] of record.hosts) {
      const real = simulated.hosts.get(frozen.list[index]!.name);
      if (host.state === 'applied') expect(real?.version).toBe('2-1');
      if (host.state === 'rolled back') expect(real?.version).toBe('1-1');
      if (host.state === 'pending' && !host.running) expect(real?.version ?? '1-1').toBe('1-1');
    }
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
