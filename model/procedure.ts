import { Ranges } from './ranges';

/**
 * The procedure of a rollout as a pure state machine: what people ask and what has come of each step goes in, what is
 * to be done next comes out. All of it is plain JSON, so that it crosses continue-as-new as one object.
 */
export interface Course {
  readonly waves: readonly WaveCourse[];
  readonly rehearse: boolean;
  readonly paused: boolean;
  /** The turn at which it was paused: a request that was made before it, and proved after it, does not lift it. */
  readonly pausedTurn: number;
  /** What the run itself found, that only a person can lift. */
  readonly heldFor?: string;
  readonly ending?: 'abort' | 'rollback';
  readonly retries: readonly { readonly hosts?: string }[];
  /** Failures, in all, at which nothing more begins; absent until the plan is known or a person has said it. */
  readonly stopAt?: number;
  /** The first wave's own limit, until a person lifts it. */
  readonly firstWaveStopAt?: number;
  readonly undo: UndoCourse;
  /** Hosts that failed in a soak, and of which the rollout has not yet made up its mind. */
  readonly ill?: Ill;
}

export interface Ill {
  readonly wave: number;
  readonly count: number;
  /** Those of them that go back first, as ranges. */
  readonly undo: string;
}

/** Hosts are ranges as text (model/ranges.ts). */
export interface UndoCourse {
  /** Not reached in this round; tried again in the next. */
  readonly unreachable: string;
  /** Left as they are: not to be taken back, and nothing says why. */
  readonly passedOver: string;
  readonly triesMade: number;
  readonly done: boolean;
}

/** Hosts are ranges as text (model/ranges.ts). */
interface WaveCourse {
  /** Indexes of the hosts that belong to it, from `from` up to but not including `to`. */
  readonly from: number;
  readonly to: number;
  readonly left: string;
  /** Tried in this round already, and not reached. */
  readonly unreachable: string;
  readonly triesMade: number;
  /** Changed and not soaked yet; empty as well when the plan has no soak here. */
  readonly toSoak: string;
  readonly soaks: boolean;
  readonly soakEndsAtMs?: number;
  /** Failed in the soak, and a person let it go on. */
  readonly known: string;
  readonly gate: boolean;
}

export interface PlannedWave {
  readonly from: number;
  readonly to: number;
  readonly hosts: string;
  readonly soakMs: number;
  readonly gate: boolean;
}

export type Step =
  | { readonly do: 'take retries' | 'hold' | 'rehearse' | 'undo' }
  | { readonly do: 'take back'; readonly ill: Ill }
  | { readonly do: 'carry out' | 'soak' | 'await approval'; readonly wave: number }
  | { readonly do: 'finish'; readonly how: Ending };

export type Ending = 'carried out' | 'aborted' | 'rolled back';

export type Event =
  | { readonly kind: 'pause'; readonly turn: number }
  | { readonly kind: 'resume'; readonly turn: number; readonly stopAt?: number }
  | { readonly kind: 'retry'; readonly turn: number; readonly hosts?: string }
  | { readonly kind: 'approve'; readonly wave: number }
  | { readonly kind: 'abort' | 'rollback' | 'rehearsed' | 'retries taken' | 'taken back' }
  | { readonly kind: 'spent'; readonly policy: 'pause' | 'rollback' | 'abort'; readonly why: string }
  | ({ readonly kind: 'undone' } & Partial<UndoCourse>)
  | { readonly kind: 'held'; readonly why: string }
  | { readonly kind: 'retried'; readonly hosts: string }
  | {
      readonly kind: 'carried out';
      readonly wave: number;
      readonly left: string;
      readonly unreachable: string;
      readonly triesMade: number;
    }
  | { readonly kind: 'soaking'; readonly wave: number; readonly endsAtMs: number }
  | ({ readonly kind: 'ill'; readonly hosts: string } & Ill)
  | { readonly kind: 'soaked'; readonly wave: number };

export const notBegun: Course = {
  waves: [],
  rehearse: false,
  paused: false,
  pausedTurn: 0,
  retries: [],
  undo: { unreachable: '', passedOver: '', triesMade: 0, done: false },
};

/**
 * The course as the plan has it, with what people have asked already. Owed hosts that are caught up are one stretch in
 * the place of the last wave, whichever wave they belong to: all of them were soaked and approved before.
 */
export function begun(
  course: Course,
  plan: {
    readonly verb: 'start' | 'retry' | 'rollback' | 'catch up';
    readonly rehearse: boolean;
    readonly stopAt: number;
    readonly firstWaveStopAt: number;
    readonly waves: readonly PlannedWave[];
  },
): Course {
  return {
    ...course,
    rehearse: plan.rehearse,
    ending: course.ending ?? (plan.verb === 'rollback' ? 'rollback' : undefined),
    stopAt: course.stopAt ?? plan.stopAt,
    firstWaveStopAt: plan.firstWaveStopAt,
    waves: (plan.verb === 'catch up' ? inOneStretch(plan.waves) : plan.waves).map((wave, at) => {
      const { from, to, hosts, soakMs, gate } = wave;
      const soaks = soakMs > 0 && at < plan.waves.length - 1;
      return {
        from,
        to,
        left: hosts,
        unreachable: '',
        triesMade: 0,
        toSoak: soaks ? hosts : '',
        soaks,
        known: '',
        gate: gate && hosts !== '',
      };
    }),
  };
}

function inOneStretch(waves: readonly PlannedWave[]): PlannedWave[] {
  const hosts = waves.reduce((all, wave) => all.union(Ranges.fromText(wave.hosts)), Ranges.none);
  return waves.map(({ to }, at) => {
    const last = at === waves.length - 1;
    return { from: last ? 0 : to, to, hosts: last ? hosts.toText() : '', soakMs: 0, gate: false };
  });
}

/** What is to be done now. Wherever it says `hold`, nothing may begin until somebody asks for something. */
export function next(course: Course): Step {
  const { ending, retries, rehearse, undo, ill } = course;
  const held = isHeld(course);
  if (ending === 'abort') return { do: 'finish', how: 'aborted' };
  if (ending === 'rollback') {
    if (undo.done) return { do: 'finish', how: 'rolled back' };
    return { do: held ? 'hold' : 'undo' };
  }
  if (retries.length > 0 && !course.paused) return { do: 'take retries' };
  const ahead = ill ? ({ do: 'take back', ill } as const) : nextOfWaves(course);
  const step = rehearse ? ({ do: 'rehearse' } as const) : ahead;
  // Waiting for an approval begins nothing: who approves need not wait for who resumes.
  const goesOn = step.do === 'await approval' && course.heldFor === undefined;
  return held && !goesOn ? { do: 'hold' } : step;
}

function nextOfWaves({ waves }: Course): Step {
  for (const [at, { left, unreachable, toSoak, gate }] of waves.entries()) {
    const wave = at + 1;
    if (left !== '' || unreachable !== '') return { do: 'carry out', wave };
    if (toSoak !== '') return { do: 'soak', wave };
    if (gate) return { do: 'await approval', wave };
  }
  return { do: 'finish', how: 'carried out' };
}

/** Whether a person, or what the run found, keeps anything from beginning. */
export function isHeld({ paused, heldFor }: Course): boolean {
  return paused || heldFor !== undefined;
}

/** Whether what goes on now is to stop as soon as it can. */
export function mustStop(course: Course, now: Step): boolean {
  if (isHeld(course)) return true;
  return now.do === 'undo' ? course.ending !== 'rollback' : course.ending !== undefined;
}

/** @returns the wave whose gate waits for a person. */
export function awaiting(course: Course): number | undefined {
  if (course.ending || course.rehearse) return undefined;
  const step = nextOfWaves(course);
  return step.do === 'await approval' ? step.wave : undefined;
}

/** The failure, of the whole rollout, at which a wave stops. */
export function limitOf({ stopAt, firstWaveStopAt }: Course, wave: number): number {
  const whole = stopAt ?? Number.POSITIVE_INFINITY;
  return wave === 1 ? Math.min(firstWaveStopAt ?? whole, whole) : whole;
}

/** The course after something was asked, or has come of a step. */
export function take(course: Course, event: Event): Course {
  switch (event.kind) {
    case 'pause':
      return { ...course, paused: true, pausedTurn: event.turn };
    case 'resume': {
      // Whoever goes on after the first wave stopped has seen why; from here on the whole budget counts.
      const lifts = course.heldFor !== undefined || event.stopAt !== undefined;
      const firstWaveStopAt = lifts ? undefined : course.firstWaveStopAt;
      return goesOn({ ...course, stopAt: event.stopAt ?? course.stopAt, firstWaveStopAt }, event.turn);
    }
    case 'retry':
      // What is on its way back, or ends, is not tried again: nothing is lifted for it.
      if (course.ending) return course;
      return goesOn({ ...course, retries: [...course.retries, { hosts: event.hosts }] }, event.turn);
    case 'approve':
      return awaiting(course) === event.wave ? ofWave(course, event.wave, { gate: false }) : course;
    case 'abort':
      return { ...course, ending: 'abort' };
    case 'rollback':
      // Whoever takes it back need not resume it first. The last word counts until it has ended.
      return { ...course, ending: 'rollback', paused: false, heldFor: undefined };
    case 'rehearsed':
      return { ...course, rehearse: false };
    case 'undone': {
      const { kind, ...change } = event;
      return { ...course, undo: { ...course.undo, ...change } };
    }
    case 'held':
      return { ...course, heldFor: course.heldFor ?? event.why };
    case 'retries taken':
      return { ...course, retries: [] };
    case 'retried':
      return { ...course, waves: course.waves.map((wave) => retriedIn(wave, Ranges.fromText(event.hosts))) };
    case 'carried out': {
      const { left, unreachable, triesMade } = event;
      // Behind the first wave its own limit has served: it is not for hosts of it that are tried again.
      const firstWaveStopAt = event.wave > 1 ? undefined : course.firstWaveStopAt;
      return ofWave({ ...course, firstWaveStopAt }, event.wave, { left, unreachable, triesMade });
    }
    case 'soaking':
      return ofWave(course, event.wave, { soakEndsAtMs: event.endsAtMs });
    case 'ill': {
      const { wave, count, undo } = event;
      return { ...ofWave(course, wave, { known: event.hosts }), ill: { wave, count, undo } };
    }
    case 'taken back':
      return { ...course, ill: undefined };
    case 'spent':
      if (event.policy === 'pause') return { ...course, heldFor: course.heldFor ?? event.why };
      // By the plan, and not by a person: whoever has paused it is waited for.
      return { ...course, ending: course.ending ?? event.policy, heldFor: undefined };
    case 'soaked':
      return ofWave(course, event.wave, { toSoak: '', soakEndsAtMs: undefined });
  }
}

function goesOn(course: Course, turn: number): Course {
  return { ...course, paused: course.paused && turn < course.pausedTurn, heldFor: undefined };
}

/** Each host is tried again in its own wave, and soaks there: all of the soak, as if it had not soaked before. */
function retriedIn(wave: WaveCourse, all: Ranges): WaveCourse {
  const hosts = all.intersect(Ranges.between(wave.from, wave.to));
  if (hosts.size === 0) return wave;
  const plus = (text: string) => Ranges.fromText(text).union(hosts).toText();
  return {
    ...wave,
    left: plus(wave.left),
    unreachable: Ranges.fromText(wave.unreachable).subtract(hosts).toText(),
    triesMade: wave.unreachable === '' ? 0 : wave.triesMade,
    toSoak: wave.soaks ? plus(wave.toSoak) : '',
    soakEndsAtMs: undefined,
    known: Ranges.fromText(wave.known).subtract(hosts).toText(),
  };
}

function ofWave(course: Course, number: number, change: Partial<WaveCourse>): Course {
  return {
    ...course,
    waves: course.waves.map((wave, at) => (at === number - 1 ? { ...wave, ...change } : wave)),
  };
}
