import {
  condition,
  defineQuery,
  defineSignal,
  patched,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Actor } from '../model/actor';
import type { Phase } from '../model/ledger';
import { waitsFor } from '../model/waits';
import type { Asked, RolloutInput, RolloutStatus } from './contract';
import { quick } from './proxies';
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
  stopAt: number | undefined;
  readonly approved = new Set<number>();
  #gate: 'open' | 'closed' = 'open';
  /** Requests to shut the gate that wait for a worker's activities. */
  #shutting = 0;
  #inFlight = 0;
  #retries: Pick<Asked, 'hosts'>[] = [];
  #pausedBy: Actor | undefined;

  constructor(private readonly input: RolloutInput) {}

  /** Handlers are there before the first await, so that a signal sent meanwhile finds them. */
  listen(): void {
    setHandler(status, () => this.#status());
    setHandler(signals.pause, async (asked) => {
      this.paused = true;
      this.#pausedBy = asked?.actor;
      await this.shut('pause', asked);
    });
    setHandler(signals.abort, async (asked) => {
      this.ending = this.phase === 'rolling back' ? 'abort' : (this.ending ?? 'abort');
      await this.shut('abort', asked);
    });
    setHandler(signals.rollback, async (asked) => {
      const rollBack = () => {
        this.ending = 'rollback';
      };
      // Rollouts from before there were mandates decided this before it was recorded.
      if (!patched('rollback-once-proved')) rollBack();
      await this.shut('rollback', asked, rollBack);
    });
    setHandler(signals.resume, async (asked) => {
      const { stopAt } = asked ?? {};
      if (!(await this.#takeUp('resume', asked, stopAt && `stops at failure ${stopAt}`))) return;
      this.stopAt = stopAt ?? this.stopAt;
      this.paused = false;
      this.heldFor = undefined;
    });
    setHandler(signals.approve, async (asked) => {
      const wave = asked?.wave ?? this.wave;
      if (await this.#takeUp('approve', { ...asked, wave }, `wave ${wave}`)) this.approved.add(wave);
    });
    setHandler(signals.retry, async (asked) => {
      if (!(await this.#takeUp('retry', asked, asked?.hosts))) return;
      this.#retries.push({ hosts: asked?.hosts });
      this.paused = false;
      this.heldFor = undefined;
    });
  }

  /**
   * Nothing begins from here on; what is in progress goes to its end.
   * @param takenUp - called before the gate is shut, so that nothing opens it again meanwhile.
   */
  async shut(verb: string, asked: Request, takenUp = () => {}): Promise<void> {
    this.#shutting++;
    if (await this.#takeUp(verb, asked)) {
      takenUp();
      this.#inFlight = await quick.closeGate(this.#reference());
      this.#gate = 'closed';
    }
    this.#shutting--;
  }

  async open(): Promise<void> {
    await quick.openGate(this.#reference());
    this.#gate = 'open';
  }

  /** Waits while a person has it paused, or it waits for one; the gate is open again afterwards. */
  async whenAllowed(): Promise<void> {
    if (this.mustWait()) {
      await this.enter('paused', this.heldFor);
      await condition(() => !this.mustWait());
    }
    if (!this.ending) await this.open();
  }

  mustWait(): boolean {
    return !this.ending && (this.paused || this.heldFor !== undefined);
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

  #reference() {
    const { fleet, rollout, plan } = this.input;
    return { fleet, rollout, plan };
  }

  /** @returns whether it is to be done: false when it lacks a mandate, and nothing may come of it. */
  async #takeUp(verb: string, asked: Request, detail?: unknown): Promise<boolean> {
    const refused = await quick.asked({
      ...asked,
      ...this.#reference(),
      verb,
      detail: detail === undefined ? undefined : String(detail),
    });
    return !refused;
  }

  #status(): RolloutStatus {
    return {
      rollout: this.input.rollout,
      phase: this.phase,
      wave: this.wave,
      gate: this.#gate,
      mayBegin: this.#gate === 'open' && this.#shutting === 0,
      inFlight: this.#inFlight,
      waitingFor: this.heldFor,
    };
  }
}
