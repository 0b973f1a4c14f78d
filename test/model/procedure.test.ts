import fc from 'fast-check';
import {
  awaiting,
  begun,
  type Course,
  type Event,
  limitOf,
  next,
  notBegun,
  type Step,
  take,
} from '../../model/procedure';
import { Ranges } from '../../model/ranges';

const perWave = 3;
const planned = fc.record({
  verb: fc.constantFrom('start' as const, 'retry' as const),
  rehearse: fc.boolean(),
  waves: fc.array(fc.record({ soak: fc.boolean(), gate: fc.boolean() }), { minLength: 1, maxLength: 4 }),
});

/** What people ask, and what comes of a step, in any order. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('well' as const) }) },
  fc.record({ kind: fc.constantFrom('stopped early' as const, 'found ill' as const, 'held' as const) }),
  fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const, 'approve' as const) }),
  fc.record({ kind: fc.constant('retry' as const), host: fc.nat(perWave * 4) }),
  fc.record({ kind: fc.constantFrom('abort' as const, 'rollback' as const) }),
  fc.record({
    kind: fc.constant('spent' as const),
    policy: fc.constantFrom('rollback' as const, 'abort' as const),
  }),
);

test('whatever is asked, and whatever comes of the steps, the procedure is kept', () => {
  fc.assert(
    fc.property(planned, fc.array(happening, { maxLength: 60 }), (plan, happenings) => {
      const run = new Run(plan);
      for (const happening of happenings) run.happens(happening);
      run.goesToItsEnd();
    }),
    { numRuns: 3_000 },
  );
});

test('a resume that was asked for before a pause, and is proved after it, does not lift it', () => {
  const paused = take(notBegun, { kind: 'pause', turn: 2 });
  expect(take(paused, { kind: 'resume', turn: 1 }).paused).toBe(true);
  expect(take(paused, { kind: 'retry', turn: 1 }).paused).toBe(true);
  expect(take(paused, { kind: 'resume', turn: 3 }).paused).toBe(false);
});

test('what a person says of the budget counts in the first wave as well, and so does going on', () => {
  const course = new Run({ verb: 'start', rehearse: false, waves: [{ soak: false, gate: false }] }).course;
  expect([limitOf(course, 1), limitOf(course, 2)]).toEqual([1, 5]);
  expect(limitOf(take(course, { kind: 'resume', turn: 1, stopAt: 20 }), 1)).toBe(20);
  expect(limitOf(take(course, { kind: 'resume', turn: 1 }), 1)).toBe(1);
  const held = take(course, { kind: 'held', why: 'the budget is spent' });
  expect(limitOf(take(held, { kind: 'resume', turn: 1 }), 1)).toBe(5);
});

test('owed hosts of any wave are caught up in one stretch, without soak or approval', () => {
  const wave = { soakMs: 1_000, gate: true };
  const course = begun(notBegun, {
    verb: 'catch up',
    rehearse: false,
    stopAt: 5,
    firstWaveStopAt: 5,
    waves: [
      { ...wave, from: 0, to: 2, hosts: '1' },
      { ...wave, from: 2, to: 9, hosts: '4,8' },
    ],
  });
  expect(next(course)).toEqual({ do: 'carry out', wave: 2 });
  expect(course.waves[1]!.left).toBe('1,4,8');
  const through = { wave: 2, left: '', unreachable: '', triesMade: 0 };
  expect(next(take(course, { kind: 'carried out', ...through }))).toEqual({
    do: 'finish',
    how: 'carried out',
  });
  const again = take(take(course, { kind: 'carried out', ...through }), { kind: 'retried', hosts: '0' });
  expect(next(again)).toEqual({ do: 'carry out', wave: 2 });
});

test('hosts of the first wave that are tried again later are under the whole budget', () => {
  const waves = [
    { soak: false, gate: false },
    { soak: false, gate: false },
  ];
  const run = new Run({ verb: 'start', rehearse: false, waves });
  run.happens({ kind: 'well' });
  expect(limitOf(run.course, 1)).toBe(1);
  run.happens({ kind: 'well' });
  expect(limitOf(run.course, 1)).toBe(5);
});

type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

/** A rollout of which each step is carried out at once, and what must hold at each of them. */
class Run {
  course: Course;
  #turn = 0;
  /** Hosts that are changed; those of them that have soaked since; waves that a person approved. */
  readonly #done = new Set<number>();
  readonly #soaked = new Set<number>();
  readonly #approved = new Set<number>();
  #rehearsed: boolean;

  constructor(private readonly plan: typeof planned extends fc.Arbitrary<infer P> ? P : never) {
    this.#rehearsed = !plan.rehearse;
    this.course = begun(notBegun, {
      ...plan,
      stopAt: 5,
      firstWaveStopAt: 1,
      waves: plan.waves.map(({ soak, gate }, at) => ({
        from: at * perWave,
        to: (at + 1) * perWave,
        hosts: Ranges.between(at * perWave, (at + 1) * perWave).toText(),
        soakMs: soak ? 1_000 : 0,
        gate,
      })),
    });
  }

  happens(happening: Happening): void {
    switch (happening.kind) {
      case 'pause':
        this.#take({ kind: 'pause', turn: ++this.#turn });
        if (this.course.ending !== 'abort') expect(begins(next(this.course))).toBe(false);
        return;
      case 'resume':
        this.#take({ kind: 'resume', turn: ++this.#turn });
        return;
      case 'retry':
        this.#take({ kind: 'retry', turn: ++this.#turn, hosts: `${happening.host}` });
        return;
      case 'approve': {
        const wave = awaiting(this.course);
        if (wave !== undefined) this.#approved.add(wave);
        this.#take({ kind: 'approve', wave: wave ?? 1 });
        return;
      }
      case 'abort':
        this.#take({ kind: 'abort' });
        // Nothing that was asked or found before is waited for.
        expect(next(this.course)).toEqual({ do: 'finish', how: 'aborted' });
        return;
      case 'rollback':
        this.#take({ kind: 'rollback' });
        expect(['undo', 'finish']).toContain(next(this.course).do);
        return;
      case 'held':
        this.#take({ kind: 'held', why: 'found' });
        return;
      case 'spent':
        this.#take({ kind: 'spent', policy: happening.policy, why: 'the budget is spent' });
        return;
      default:
        this.#step(happening.kind);
        return;
    }
  }

  /** Everybody does well, and people let it go on: it must end, with everything done that the plan asks for. */
  goesToItsEnd(): void {
    for (let steps = 0; next(this.course).do !== 'finish'; steps += 1) {
      expect(steps).toBeLessThan(200);
      const step = next(this.course);
      if (step.do === 'hold') this.happens({ kind: 'resume' });
      else if (step.do === 'await approval') this.happens({ kind: 'approve' });
      else this.#step('well');
    }
    const end = next(this.course);
    if (end.do !== 'finish' || end.how !== 'carried out') return;
    for (const [at, { soak, gate }] of this.plan.waves.entries()) {
      const hosts = hostsOf(at + 1);
      expect(hosts.filter((host) => !this.#done.has(host))).toEqual([]);
      if (soak && at + 1 < this.plan.waves.length)
        expect(hosts.filter((host) => !this.#soaked.has(host))).toEqual([]);
      if (gate) expect(this.#approved).toContain(at + 1);
    }
  }

  #take(event: Event): void {
    const before = this.course;
    this.course = take(before, event);
    // Who has paused it is the one to let it go on; only a person's word does that.
    if (before.paused && !this.course.paused) expect(['resume', 'retry', 'rollback']).toContain(event.kind);
    if (before.ending && event.kind === 'retry') expect(this.course).toBe(before);
    expect(JSON.parse(JSON.stringify(this.course))).toEqual(this.course);
  }

  #step(outcome: 'well' | 'stopped early' | 'found ill'): void {
    const step = next(this.course);
    if (begins(step)) expect([this.course.paused, this.course.heldFor]).toEqual([false, undefined]);
    switch (step.do) {
      case 'take retries': {
        const asked = this.course.retries.map(({ hosts }) => Number(hosts));
        const hosts = asked.filter((host) => host < this.plan.waves.length * perWave);
        this.#take({ kind: 'retries taken' });
        for (const host of hosts) {
          this.#done.delete(host);
          this.#soaked.delete(host);
        }
        this.#take({ kind: 'retried', hosts: Ranges.of(hosts).toText() });
        return;
      }
      case 'rehearse':
        this.#rehearsed = outcome === 'well';
        if (this.#rehearsed) this.#take({ kind: 'rehearsed' });
        return;
      case 'carry out':
        this.#carryOut(step.wave, outcome);
        return;
      case 'soak': {
        const hosts = Ranges.fromText(this.course.waves[step.wave - 1]!.toSoak);
        if (outcome !== 'well') {
          const ill = hosts.first(1).toText();
          this.#take({ kind: 'ill', wave: step.wave, hosts: ill, count: 1, undo: ill });
          return;
        }
        for (const host of hosts) this.#soaked.add(host);
        this.#take({ kind: 'soaked', wave: step.wave });
        return;
      }
      case 'take back':
        if (outcome !== 'well') return;
        this.#take({ kind: 'taken back' });
        this.#take({ kind: 'held', why: 'a check failed' });
        return;
      case 'undo':
        if (outcome === 'well') this.#take({ kind: 'undone', done: true });
        return;
      default:
    }
  }

  #carryOut(wave: number, outcome: 'well' | 'stopped early' | 'found ill'): void {
    const { left, unreachable } = this.course.waves[wave - 1]!;
    const hosts = Ranges.fromText(left).union(Ranges.fromText(unreachable));
    expect(this.#rehearsed).toBe(true);
    expect([...hosts].filter((host) => !hostsOf(wave).includes(host))).toEqual([]);
    // Nothing of a wave begins before the waves in front of it are done, soaked and approved.
    for (let before = 1; before < wave; before += 1) {
      const { soak, gate } = this.plan.waves[before - 1]!;
      expect(hostsOf(before).filter((host) => !this.#done.has(host))).toEqual([]);
      if (soak) expect(hostsOf(before).filter((host) => !this.#soaked.has(host))).toEqual([]);
      if (gate) expect(this.#approved).toContain(before);
    }
    const done = outcome === 'well' ? hosts : hosts.first(1);
    for (const host of done) this.#done.add(host);
    const rest = hosts.subtract(done);
    const again = rest.first(1);
    this.#take({
      kind: 'carried out',
      wave,
      left: again.toText(),
      unreachable: rest.subtract(again).toText(),
      triesMade: 0,
    });
    if (outcome === 'found ill') this.#take({ kind: 'held', why: 'the budget is spent' });
  }
}

const begins = ({ do: what }: Step) => ['rehearse', 'carry out', 'soak', 'take back', 'undo'].includes(what);
const hostsOf = (wave: number) => [...Ranges.between((wave - 1) * perWave, wave * perWave)];
