import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  setHandler,
} from '@temporalio/workflow';
import {
  awaiting,
  begun,
  type Course,
  type Event,
  next,
  notBegun,
  type Step,
  take,
} from '../model/procedure';
import type {
  Asked,
  OpenedRollout,
  RolloutInput,
  RolloutRef,
  RolloutResult,
  RolloutStatus,
} from './contract/rollout';
import { historyIsLong } from './history';
import { Progress } from './progress';
import { quick } from './proxies';

/** Whoever reaches the frontend can send a signal, with anything in it or nothing: an activity judges it. */
type Request = Partial<Asked> | undefined | null;

const signals = {
  pause: defineSignal<[Request]>('pause'),
  resume: defineSignal<[Request]>('resume'),
  approve: defineSignal<[Request]>('approve'),
  abort: defineSignal<[Request]>('abort'),
  rollback: defineSignal<[Request]>('rollback'),
  retry: defineSignal<[Request]>('retry'),
};
const status = defineQuery<RolloutStatus>('status');

/** What people have asked of a running rollout, and whether it may begin: the state that its handlers share. */
export class RolloutControl {
  course: Course = notBegun;
  readonly progress: Progress;
  /** By which activities know the rollout. */
  readonly reference: RolloutRef;
  #gate: 'open' | 'closed' = 'open';
  /** Requests that are not in the ledger yet, or whose gate is not shut yet: nothing goes on before they are. */
  #takingUp = 0;
  #inFlight = 0;
  /**
   * Counts what was asked, of us and of the gate, as it is asked and not as it is done: what is proved late does not
   * lift a pause that came after it, and a gate that is opened late does not stay open after it was shut.
   */
  #turn = 0;

  constructor(private readonly input: RolloutInput) {
    const { fleet, rollout, plan } = input;
    this.reference = { fleet, rollout, plan };
    this.progress = new Progress(this.reference, input.underWay, () => this.course);
    if (!input.underWay) return;
    this.course = input.underWay.course;
    this.#turn = input.underWay.turn;
    this.#gate = input.underWay.gate;
    this.#inFlight = input.underWay.inFlight;
  }

  /** Handlers are there before the first await, so that a signal sent meanwhile finds them. */
  listen(): void {
    setHandler(status, () => this.#status());
    setHandler(signals.pause, async (asked) => {
      this.take({ kind: 'pause', turn: ++this.#turn });
      this.progress.pausedBy = asked?.actor;
      await this.#takeUp('pause', asked, { shut: true });
    });
    setHandler(signals.abort, async (asked) => {
      this.take({ kind: 'abort' });
      await this.#takeUp('abort', asked, { shut: true });
    });
    setHandler(signals.rollback, async (asked) => {
      await this.#takeUp('rollback', asked, { shut: true, taken: () => this.take({ kind: 'rollback' }) });
    });
    setHandler(signals.resume, async (asked) => {
      const turn = ++this.#turn;
      const taken = () => this.take({ kind: 'resume', turn, stopAt: asked?.stopAt });
      await this.#takeUp('resume', asked, { taken });
    });
    setHandler(signals.approve, async (asked) => {
      const wave = asked?.wave ?? this.progress.wave;
      const opens = awaiting(this.course) === wave;
      const detail = opens ? `wave ${wave}` : `wave ${wave} does not wait for it: nothing was opened`;
      const taken = () => {
        if (opens) this.take({ kind: 'approve', wave });
      };
      await this.#takeUp('approve', { ...asked, wave }, { detail, taken });
    });
    setHandler(signals.retry, async (asked) => {
      const turn = ++this.#turn;
      const taken = () => this.take({ kind: 'retry', turn, hosts: asked?.hosts });
      const detail = this.course.ending ? 'nothing is tried again of a rollout that ends' : asked?.hosts;
      await this.#takeUp('retry', asked, { detail, taken });
    });
  }

  /** What the plan says, once it is known. */
  begin(opened: OpenedRollout): void {
    this.progress.begin(opened.notify);
    if (!this.input.underWay) this.course = begun(this.course, { ...opened, verb: this.input.verb });
  }

  /** Something was asked, or has come of a step: model/procedure.ts says what follows. */
  take(event: Event): void {
    this.course = take(this.course, event);
  }

  /** Waits until something else than this is to be done, or so long; what is being recorded comes first. */
  async another(now: Step['do'], limitMs?: number, summary?: string): Promise<void> {
    const isDue = () => (next(this.course).do !== now && this.#takingUp === 0) || historyIsLong(this.input);
    await (limitMs === undefined ? condition(isDue) : condition(isDue, limitMs, { summary }));
  }

  /**
   * Opens the gate when neither a person nor the window stands in the way of a begin.
   * @returns false when something does, or has meanwhile: then something else is to be done first.
   */
  async mayBegin(action: 'apply' | 'undo', window: boolean): Promise<boolean> {
    const now = next(this.course).do;
    if (window && (await this.#untilWindow(action, now))) return false;
    await condition(() => this.#takingUp === 0);
    if (next(this.course).do !== now) return false;
    const turn = ++this.#turn;
    const overtakenBy = await quick.openGate({ ...this.reference, turn });
    // Whatever shut it at the worker, even a rollout of this ID before this one, comes before the next opening.
    this.#turn = Math.max(this.#turn, overtakenBy ?? 0);
    if (turn !== this.#turn) return false;
    this.#gate = 'open';
    return next(this.course).do === now;
  }

  /**
   * Goes on as a new run when the history of this one is long: between two steps, when nothing is in progress in it
   * that a new run would not know of.
   */
  async turnOver(opened: OpenedRollout): Promise<void> {
    if (!historyIsLong(this.input)) return;
    await this.progress.notified();
    await condition(allHandlersFinished);
    await continueAsNew<(input: RolloutInput) => Promise<RolloutResult>>({
      ...this.input,
      underWay: {
        ...this.progress.handOn(),
        opened,
        course: this.course,
        turn: this.#turn,
        gate: this.#gate,
        inFlight: this.#inFlight,
      },
    });
  }

  /** @returns whether it waited; what was asked meanwhile comes first. */
  async #untilWindow(action: 'apply' | 'undo', now: Step['do']): Promise<boolean> {
    const { inMs, detail } = await quick.windowOpens({ ...this.reference, action });
    if (inMs === 0) return false;
    await this.progress.enter('waiting for the window', detail, new Date(Date.now() + inMs).toISOString());
    await this.another(now, inMs, 'until the window opens');
    return true;
  }

  /**
   * Has a request judged and recorded; nothing comes of one that is refused.
   * @param then.taken - what it changes here, before the gate is shut, so that nothing opens it again meanwhile.
   * @param then.shut - nothing begins from here on; what is in progress goes to its end.
   */
  async #takeUp(
    verb: string,
    asked: Request,
    { detail, taken, shut }: { detail?: unknown; taken?: () => void; shut?: boolean } = {},
  ): Promise<void> {
    this.#takingUp += 1;
    const turn = shut ? ++this.#turn : this.#turn;
    try {
      const refused = await quick.asked({
        ...asked,
        ...this.reference,
        verb,
        detail: detail === undefined ? undefined : String(detail),
      });
      if (refused) return;
      taken?.();
      if (!shut) return;
      this.#inFlight = await quick.closeGate({ ...this.reference, turn });
      this.#gate = 'closed';
    } finally {
      this.#takingUp -= 1;
    }
  }

  #status(): RolloutStatus {
    return {
      rollout: this.input.rollout,
      phase: this.progress.phase,
      wave: this.progress.wave,
      gate: this.#gate,
      mayBegin: this.#gate === 'open' && this.#takingUp === 0,
      turn: this.#turn,
      inFlight: this.#inFlight,
    };
  }
}
