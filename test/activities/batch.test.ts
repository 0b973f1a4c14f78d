import fc from 'fast-check';
import type { RolloutWork } from '../../activities/rollout/work';
import type { Behaviour } from '../../lab/simulation/simulated-hosts';
import { Ranges } from '../../model/ranges';
import { SimulatedRollout } from '../support/simulated-rollout';

/** What happens at the next but so many-th answer of any host: a count, so that it is the same however busy we are. */
const event = fc.record({
  what: fc.constantFrom<'death' | 'pause'>('death', 'pause'),
  afterAnswers: fc.integer({ min: 0, max: 30 }),
});
const usual: Behaviour[] = [
  'well',
  'well',
  'well',
  'fails',
  'unreachable',
  'lost',
  'cut',
  'late',
  'stuck',
  'turned down',
  'half-way',
];
const scenario = fc.record({
  hosts: fc.integer({ min: 1, max: 30 }),
  domains: fc.integer({ min: 1, max: 4 }),
  perDomain: fc.integer({ min: 1, max: 4 }),
  total: fc.integer({ min: 1, max: 8 }),
  stopAt: fc.integer({ min: 1, max: 6 }),
  behaviours: fc.array(fc.constantFrom(...usual), { minLength: 1, maxLength: 12 }),
  /** One host that hangs, by its number, and in what: its deadline takes a second, so not in every case. */
  hangs: fc.oneof(
    { weight: 7, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(29), fc.constantFrom<Behaviour>('hangs', 'hangs back')) },
  ),
  events: fc.array(event, { maxLength: 5 }),
  batch: fc.integer({ min: 1, max: 12 }),
  rollback: fc.boolean(),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

const calm = { domains: 3, perDomain: 3, total: 8, stopAt: 4, batch: 7, rollback: false, hangs: undefined };

test('hosts that all do well are all applied, and hosts that all fail stop it at the budget', async () => {
  const given = { ...calm, hosts: 20, events: [] };
  expect(await carryOut({ ...given, behaviours: ['well'] })).toMatchObject({ applied: 20 });
  expect(await carryOut({ ...given, behaviours: ['fails'] })).toMatchObject({
    'rolled back': 4,
    pending: 16,
  });
  expect(await carryOut({ ...given, behaviours: ['turned down'] })).toMatchObject({ untouched: 20 });
  expect(await carryOut({ ...given, behaviours: ['lost', 'cut', 'well'] })).toMatchObject({ applied: 20 });
});

test('a begin that arrives after its host was asked begins nothing, and the next try succeeds', async () => {
  expect(await carryOut({ ...calm, hosts: 6, events: [], behaviours: ['late'] })).toMatchObject({
    applied: 6,
  });
});

test('a begin that is half there when its host is asked is waited for', async () => {
  const given = { ...calm, hosts: 3, domains: 1, events: [] };
  expect(await carryOut({ ...given, behaviours: ['stalled'] })).toMatchObject({ applied: 3 });
});

test('whatever hosts do, whenever the worker dies or somebody pauses: caps and budget hold, nothing happens twice, the sums are right', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      await carryOut(given);
    }),
    { numRuns: 60, endOnFailure: true },
  );
}, 120_000);

async function carryOut(given: Scenario) {
  const numberOf = (name: string) => Number(name.slice(1));
  const hanging = given.hangs && `h${given.hangs[0] % given.hosts}`;
  const behave = (name: string) =>
    name === hanging ? given.hangs![1] : given.behaviours[numberOf(name) % given.behaviours.length]!;
  const timeouts = hanging ? { operation: '1s' } : undefined;
  const rollout = await SimulatedRollout.plan({ ...given, behave, timeouts });
  const { simulated } = rollout;
  const course = new Course(rollout, given);
  try {
    await course.go('apply');
    const applies = simulated.begun.length;
    const failures = (await rollout.record()).failures();
    expect(failures).toBeLessThanOrEqual(Math.min(given.stopAt, given.hosts));
    if (given.rollback) await course.go('undo');
    const record = await rollout.record();

    expect(simulated.begun).toHaveLength(applies);
    for (const [domain, peak] of simulated.peaks)
      expect([domain, peak <= Math.min(given.perDomain, given.total)]).toEqual([domain, true]);
    for (const { name } of rollout.list) {
      const begun = simulated.begun.filter((other) => other === name).length;
      expect([name, begun <= (behave(name) === 'lost' ? 2 : 1)]).toEqual([name, true]);
    }
    const counts = record.counts();
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(given.hosts);
    if (given.rollback) expect(counts.applied).toBe(0);
    for (const [index, host] of record.hosts) {
      const { name } = rollout.list[index]!;
      const version = simulated.hosts.get(name)?.version ?? '1-1';
      const halfWay = simulated.hosts.get(name)?.halfWay ?? false;
      const seen = { name, state: host.state, version, halfWay };
      if (host.state !== 'quarantined' && !host.running) expect(seen).toEqual({ ...seen, halfWay: false });
      if (host.state === 'applied') expect(seen).toEqual({ ...seen, version: '2-1' });
      if (['rolled back', 'untouched'].includes(host.state))
        expect(seen).toEqual({ ...seen, version: '1-1' });
      if (host.state === 'pending' && !host.running) expect(seen).toEqual({ ...seen, version: '1-1' });
      // Nothing else here leaves a host in an unknown state: a begin that arrives late finds its operation void.
      if (host.state === 'quarantined') expect(['hangs', 'hangs back', 'stuck']).toContain(behave(name));
    }
    return counts;
  } finally {
    await rollout.remove();
  }
}

/** Batches as a wave asks for them, through the events of a scenario. */
class Course {
  readonly #events: Scenario['events'];
  #answers = 0;
  #turn = 0;
  /** Resolves when the worker has died; another one is there for the next batch. */
  #died!: Promise<'dead'>;
  #die!: () => void;
  #gone: Promise<void> | undefined;
  /** Applies that had begun when the gate was shut. */
  #begunWhenPaused: number | undefined;

  constructor(
    private readonly rollout: SimulatedRollout,
    private readonly given: Scenario,
  ) {
    this.#events = [...given.events];
    this.#live();
    rollout.simulated.before = () => this.#answered();
  }

  async go(action: 'apply' | 'undo'): Promise<void> {
    const { given, rollout } = this;
    let waiting = await this.#open(action);
    let inProgress = Ranges.none;
    for (let rounds = 0; waiting.size + inProgress.size > 0; rounds += 1) {
      expect(rounds).toBeLessThan(200);
      const batch = waiting.first(given.batch);
      const work = await rollout.work();
      const handOver = waiting.size > batch.size;
      const running = rollout.batch(batch.union(inProgress).toText(), action, { handOver });
      const letGo = setInterval(() => this.#endOverdue(work), 20);
      const result = await Promise.race([running, this.#died]).finally(() => clearInterval(letGo));
      if (result === 'dead') {
        running.catch(() => undefined);
        await this.#gone;
        this.#live();
        continue;
      }
      this.#resume(work);
      inProgress = Ranges.fromText(result.inProgress);
      // A host that is not reached is tried in one round only here: the wave's retries are not the batch's.
      waiting = waiting.subtract(batch).union(Ranges.fromText(result.left));
      if (result.stopped === 'budget' && inProgress.size === 0) return;
    }
  }

  async #open(action: 'apply' | 'undo'): Promise<Ranges> {
    const all = Ranges.between(0, this.given.hosts);
    if (action === 'apply') return all;
    const work = await this.rollout.work();
    return Ranges.of(
      [...all].filter((index) => {
        const { state, before } = work.record(index);
        return before !== undefined && ['applied', 'failed'].includes(state);
      }),
    );
  }

  #live(): void {
    this.#gone = undefined;
    this.#died = new Promise((resolve) => {
      this.#die = () => resolve('dead');
    });
  }

  #answered(): void {
    this.#answers += 1;
    const next = this.#events[0];
    if (!next || this.#answers <= next.afterAnswers) return;
    this.#events.shift();
    this.#answers = 0;
    if (next.what === 'pause') {
      // Of a rollout that is over, and taken away, nobody pauses anything.
      this.#pause().catch(() => undefined);
      return;
    }
    // Whoever dies is not paused any more: a worker that comes is told anew.
    this.#begunWhenPaused = undefined;
    this.#gone = this.rollout.die();
    this.#die();
  }

  async #pause(): Promise<void> {
    const { gate } = (await this.rollout.work()).secured;
    const worker = this.#died;
    this.#turn += 1;
    // Not waited for here: the host that answers now may be the one whose begin is to be acknowledged.
    const { rollout } = this.rollout.reference;
    void gate.close(rollout, this.#turn).then(() => {
      const lives = worker === this.#died && !this.#gone;
      if (lives && !gate.isOpen(rollout)) this.#begunWhenPaused ??= this.rollout.simulated.begun.length;
    });
  }

  /** The batch is back: until now nothing has begun since the gate was shut. */
  #resume(work: RolloutWork): void {
    const { begun } = this.rollout.simulated;
    if (this.#begunWhenPaused !== undefined) expect(begun).toHaveLength(this.#begunWhenPaused);
    this.#begunWhenPaused = undefined;
    this.#turn += 1;
    work.secured.gate.open(this.rollout.reference.rollout, this.#turn);
  }

  /** What is overdue ends once it is known to be. */
  #endOverdue(work: RolloutWork): void {
    for (const index of work.book.record.inFlight()) {
      const { state, name } = work.record(index);
      if (state === 'quarantined') this.rollout.simulated.end(name);
    }
  }
}
