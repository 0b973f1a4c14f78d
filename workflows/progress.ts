import { setCurrentDetails } from '@temporalio/workflow';
import type { Actor } from '../model/actor';
import type { Phase } from '../model/ledger';
import type { Course } from '../model/procedure';
import { waitsFor } from '../model/waits';
import type { RolloutRef, UnderWay } from './contract/rollout';
import { quick, telling } from './proxies';
import { showPhase } from './visible';

/** How far a rollout is, as the ledger, the Temporal UI and whom the plan names are told. */
export class Progress {
  phase: Phase = 'starting';
  wave = 0;
  pausedBy: Actor | undefined;
  #entered = '';
  #notify = false;
  #notices: Promise<void>[] = [];

  /**
   * @param underWay - what the run before this one has shown.
   * @param course - how the rollout stands now.
   */
  constructor(
    private readonly reference: RolloutRef,
    private readonly underWay: UnderWay | undefined,
    private readonly course: () => Course,
  ) {
    if (!underWay) return;
    this.phase = underWay.phase;
    this.wave = underWay.wave;
    this.pausedBy = underWay.pausedBy;
    this.#entered = underWay.entered;
  }

  /** @param notify - the plan names somebody to be told. */
  begin(notify: boolean): void {
    this.#notify = notify;
    if (this.underWay) showPhase(this.phase);
  }

  /** @returns whether it is another phase than the one that it is in. */
  async enter(phase: Phase, detail?: string, untilAt?: string): Promise<boolean> {
    const entered = [phase, this.wave, detail, untilAt].join('/');
    this.phase = phase;
    this.say(detail, untilAt);
    if (entered === this.#entered) return false;
    this.#entered = entered;
    showPhase(phase);
    await quick.enterPhase.executeWithOptions({ summary: phase }, [
      { ...this.reference, phase, wave: this.wave, detail, untilAt },
    ]);
    return true;
  }

  /** Says in the Temporal UI what is going on, or who is waited for. */
  say(detail?: string, untilAt?: string): void {
    const { phase, wave } = this;
    const pausedBy = this.course().heldFor === undefined ? this.pausedBy : undefined;
    setCurrentDetails(waitsFor({ rollout: this.reference.rollout, phase, wave, detail, untilAt, pausedBy }));
  }

  /** Tells whom the plan names, beside everything else: a notifier that hangs holds nothing up. */
  notify(event: 'gate' | 'stop' | 'end', detail: string): void {
    if (!this.#notify) return;
    this.#notices.push(telling.notify({ ...this.reference, event, detail }).catch(() => undefined));
  }

  /** Resolves when everybody was told, or could not be. */
  async notified(): Promise<void> {
    await Promise.all(this.#notices);
  }

  /** What the next run of the workflow shows further. */
  handOn(): Pick<UnderWay, 'phase' | 'wave' | 'pausedBy' | 'entered'> {
    const { phase, wave, pausedBy } = this;
    return { phase, wave, pausedBy, entered: this.#entered };
  }
}
