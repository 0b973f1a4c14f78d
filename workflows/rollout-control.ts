import { condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import type { Phase } from '../model/ledger';
import type { Asked, RolloutInput, RolloutStatus } from './contract';
import { quick } from './proxies';
import { showPhase } from './visible';

const signals = {
  pause: defineSignal<[Asked]>('pause'),
  resume: defineSignal<[Asked]>('resume'),
  approve: defineSignal<[Asked]>('approve'),
  abort: defineSignal<[Asked]>('abort'),
  rollback: defineSignal<[Asked]>('rollback'),
  retry: defineSignal<[Asked]>('retry'),
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
  #retries: Asked[] = [];

  constructor(private readonly input: RolloutInput) {}

  /** Handlers are there before the first await, so that a signal sent meanwhile finds them. */
  listen(): void {
    setHandler(status, () => this.#status());
    setHandler(signals.pause, async (asked) => {
      this.paused = true;
      await this.shut('pause', asked);
    });
    setHandler(signals.abort, async (asked) => {
      this.ending = this.phase === 'rolling back' ? 'abort' : (this.ending ?? 'abort');
      await this.shut('abort', asked);
    });
    setHandler(signals.rollback, async (asked) => {
      this.ending = 'rollback';
      await this.shut('rollback', asked);
    });
    setHandler(signals.resume, async (asked) => {
      await this.#record('resume', asked);
      this.stopAt = asked.stopAt ?? this.stopAt;
      this.paused = false;
      this.heldFor = undefined;
    });
    setHandler(signals.approve, async (asked) => {
      await this.#record('approve', asked, `wave ${asked.wave ?? this.wave}`);
      this.approved.add(asked.wave ?? this.wave);
    });
    setHandler(signals.retry, async (asked) => {
      await this.#record('retry', asked, asked.hosts);
      this.#retries.push(asked);
      this.paused = false;
      this.heldFor = undefined;
    });
  }

  /** Nothing begins from here on; what is in progress goes to its end. */
  async shut(verb: string, asked: Asked): Promise<void> {
    this.#shutting++;
    await this.#record(verb, asked);
    this.#inFlight = await quick.closeGate(this.#reference());
    this.#gate = 'closed';
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

  takeRetry(): Asked | undefined {
    return this.#retries.shift();
  }

  async enter(phase: Phase, detail?: string, untilAt?: string): Promise<void> {
    this.phase = phase;
    showPhase(phase);
    await quick.enterPhase({ ...this.#reference(), phase, wave: this.wave, detail, untilAt });
  }

  #reference() {
    const { fleet, rollout, plan } = this.input;
    return { fleet, rollout, plan };
  }

  async #record(verb: string, asked: Asked, detail?: string): Promise<void> {
    await quick.asked({ ...this.#reference(), verb, actor: asked.actor, detail });
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
