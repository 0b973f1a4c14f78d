import { condition, defineQuery, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { Actor } from '../model/actor';
import type { Phase } from '../model/ledger';
import { waitsFor } from '../model/waits';
import type { Asked, OpenedRollout, RolloutInput, RolloutStatus } from './contract';
import { quick, telling } from './proxies';
import { showPhase } from './visible';

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

/** What people have asked of a running rollout, and how far it is: the state that its handlers share. */
export class RolloutControl {
  phase: Phase = 'starting';
  wave = 0;
  paused = false;
  /** What the run itself found, that only a person can lift. */
  heldFor: string | undefined;
  ending: 'abort' | 'rollback' | undefined;
  /** The wave whose gate waits for a person. */
  awaiting: number | undefined;
  /** Failures, in all, at which nothing more begins; the first wave's own limit until a person lifts it. */
  stopAt = Number.POSITIVE_INFINITY;
  firstWaveStopAt = Number.POSITIVE_INFINITY;
  #undoing = false;
  #gate: 'open' | 'closed' = 'open';
  /** Requests that are not in the ledger yet, or whose gate is not shut yet: nothing goes on before they are. */
  #takingUp = 0;
  #inFlight = 0;
  #retries: Pick<Asked, 'hosts'>[] = [];
  #pausedBy: Actor | undefined;
  /** Counts what was asked: what is proved late does not undo a pause that came after it. */
  #turn = 0;
  #pausedTurn = 0;
  /** Counts the openings and closings that were asked of the gate; taken as they are asked, not as they are done. */
  #gateTurn = 0;
  #notify = false;
  #notices: Promise<void>[] = [];

  constructor(private readonly input: RolloutInput) {}

  /** Handlers are there before the first await, so that a signal sent meanwhile finds them. */
  listen(): void {
    setHandler(status, () => this.#status());
    setHandler(signals.pause, async (asked) => {
      this.#turn += 1;
      this.#pausedTurn = this.#turn;
      this.paused = true;
      this.#pausedBy = asked?.actor;
      await this.#takeUp('pause', asked, { shut: true });
    });
    setHandler(signals.abort, async (asked) => {
      this.ending = this.#undoing ? 'abort' : (this.ending ?? 'abort');
      await this.#takeUp('abort', asked, { shut: true });
    });
    setHandler(signals.rollback, async (asked) => {
      const taken = () => {
        this.ending = 'rollback';
      };
      await this.#takeUp('rollback', asked, { taken, shut: true });
    });
    setHandler(signals.resume, async (asked) => {
      const turn = ++this.#turn;
      const taken = () => {
        this.stopAt = asked?.stopAt ?? this.stopAt;
        // Whoever goes on after the first wave stopped has seen why; from here on the whole budget counts.
        if (this.wave === 1 && this.heldFor !== undefined) this.firstWaveStopAt = Number.POSITIVE_INFINITY;
        this.#goOn(turn);
      };
      await this.#takeUp('resume', asked, { taken });
    });
    setHandler(signals.approve, async (asked) => {
      const wave = asked?.wave ?? this.wave;
      const opens = this.awaiting === wave;
      const detail = opens ? `wave ${wave}` : `wave ${wave} does not wait for it: nothing was opened`;
      const taken = () => {
        if (opens && this.awaiting === wave) this.awaiting = undefined;
      };
      await this.#takeUp('approve', { ...asked, wave }, { detail, taken });
    });
    setHandler(signals.retry, async (asked) => {
      const turn = ++this.#turn;
      const taken = () => {
        this.#retries.push({ hosts: asked?.hosts });
        this.#goOn(turn);
      };
      await this.#takeUp('retry', asked, { detail: asked?.hosts, taken });
    });
  }

  /** What the plan says, once it is known. */
  begin({ stopAt, firstWaveStopAt, notify }: OpenedRollout): void {
    if (!Number.isFinite(this.stopAt)) this.stopAt = stopAt;
    this.firstWaveStopAt = firstWaveStopAt;
    this.#notify = notify;
  }

  /** The failure at which this wave stops. */
  get limit(): number {
    return this.wave === 1 ? Math.min(this.firstWaveStopAt, this.stopAt) : this.stopAt;
  }

  /** Hosts go back from here on: pausing holds that too, and only an abort ends it. */
  undo(): void {
    this.#undoing = true;
    this.paused = false;
    this.heldFor = undefined;
  }

  mustWait(): boolean {
    return !this.#leaving && (this.paused || this.heldFor !== undefined);
  }

  /** Waits while a person has it paused, or it waits for one. */
  async whileHeld(): Promise<void> {
    if (!this.mustWait()) return;
    if (this.heldFor !== undefined) this.notify('stop', this.heldFor);
    await this.enter('paused', this.heldFor);
    await condition(() => !this.mustWait() && this.#takingUp === 0);
  }

  /** Waits until neither a person nor the window stands in the way of a begin, and opens the gate. */
  async whenAllowed(action: 'apply' | 'undo', window: boolean): Promise<void> {
    while (!this.#leaving) {
      await this.whileHeld();
      if (this.#leaving) return;
      if (window && (await this.#untilWindow(action))) continue;
      await condition(() => this.#takingUp === 0);
      if (this.mustWait()) continue;
      const turn = ++this.#gateTurn;
      const overtakenBy = await quick.openGate({ ...this.#reference(), turn });
      // Whatever shut it at the worker, even a rollout of this ID before this one, comes before the next opening.
      this.#gateTurn = Math.max(this.#gateTurn, overtakenBy ?? 0);
      if (turn !== this.#gateTurn) continue;
      this.#gate = 'open';
      return;
    }
  }

  hasRetries(): boolean {
    return this.#retries.length > 0;
  }

  takeRetry(): Pick<Asked, 'hosts'> | undefined {
    return this.#retries.shift();
  }

  async enter(phase: Phase, detail?: string, untilAt?: string): Promise<void> {
    this.phase = phase;
    showPhase(phase);
    this.say(detail, untilAt);
    await quick.enterPhase.executeWithOptions({ summary: phase }, [
      { ...this.#reference(), phase, wave: this.wave, detail, untilAt },
    ]);
  }

  /** Says in the Temporal UI what is going on, or who is waited for. */
  say(detail?: string, untilAt?: string): void {
    const { phase, wave, heldFor } = this;
    const pausedBy = heldFor === undefined ? this.#pausedBy : undefined;
    setCurrentDetails(waitsFor({ rollout: this.input.rollout, phase, wave, detail, untilAt, pausedBy }));
  }

  /** Tells whom the plan names, beside everything else: a notifier that hangs holds nothing up. */
  notify(event: 'gate' | 'stop' | 'end', detail: string): void {
    if (!this.#notify) return;
    this.#notices.push(telling.notify({ ...this.#reference(), event, detail }).catch(() => undefined));
  }

  /** Resolves when everybody was told, or could not be. */
  async notified(): Promise<void> {
    await Promise.all(this.#notices);
  }

  get #leaving(): boolean {
    return this.ending !== undefined && !(this.#undoing && this.ending === 'rollback');
  }

  #goOn(turn: number): void {
    if (turn > this.#pausedTurn) this.paused = false;
    this.heldFor = undefined;
  }

  /** @returns whether it waited; what was asked meanwhile comes first. */
  async #untilWindow(action: 'apply' | 'undo'): Promise<boolean> {
    const { inMs, detail } = await quick.windowOpens({ ...this.#reference(), action });
    if (inMs === 0) return false;
    await this.enter('waiting for the window', detail, new Date(Date.now() + inMs).toISOString());
    await condition(() => this.#leaving || this.mustWait(), inMs, { summary: 'until the window opens' });
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
    const turn = shut ? ++this.#gateTurn : this.#gateTurn;
    const refused = await quick.asked({
      ...asked,
      ...this.#reference(),
      verb,
      detail: detail === undefined ? undefined : String(detail),
    });
    if (!refused) {
      taken?.();
      if (shut) await this.#close(turn);
    }
    this.#takingUp -= 1;
  }

  async #close(turn: number): Promise<void> {
    this.#inFlight = await quick.closeGate({ ...this.#reference(), turn });
    this.#gate = 'closed';
  }

  #reference() {
    const { fleet, rollout, plan } = this.input;
    return { fleet, rollout, plan };
  }

  #status(): RolloutStatus {
    return {
      rollout: this.input.rollout,
      phase: this.phase,
      wave: this.wave,
      gate: this.#gate,
      mayBegin: this.#gate === 'open' && this.#takingUp === 0,
      turn: this.#gateTurn,
      inFlight: this.#inFlight,
      waitingFor:
        this.heldFor ?? (this.awaiting === undefined ? undefined : `approval of wave ${this.awaiting}`),
    };
  }
}
