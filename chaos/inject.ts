import { setTimeout as sleep } from 'node:timers/promises';
import { type Chaos, type Injections, NotNow } from './chaos';
import { hostFaults } from './faults/host';
import { networkFaults } from './faults/network';
import { personFaults } from './faults/person';
import { temporalFaults } from './faults/temporal';
import { workerFaults } from './faults/worker';
import type { Hold } from './kinds';
import type { Fault } from './schedule';
import type { Reached } from './steps';

export const injections: Injections = {
  ...workerFaults,
  ...temporalFaults,
  ...networkFaults,
  ...hostFaults,
  ...personFaults,
};

/** A host that does not come to the step that is waited for must not be kept from going on. */
const heldAtMostMs = 6_000;

/** Bytes that a relay keeps back. */
interface Held {
  /** However long it takes. */
  keep(): void;
  letGo(): void;
}

export interface Happened {
  readonly fault: Fault;
  readonly at: string;
}

/** The faults of one run: each waits for its step, happens, and is mended. */
export class Injected {
  readonly happened: Happened[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #mendNow = new AbortController();
  readonly #stops: (() => void)[] = [];

  constructor(
    private readonly chaos: Chaos,
    faults: readonly Fault[],
  ) {
    for (const fault of faults) this.#arm(fault);
  }

  /** Faults that have happened and are not mended yet. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Nothing more happens, and what has is mended now. */
  async end(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#mendNow.abort();
    await Promise.all(this.#underWay);
  }

  #arm(fault: Fault): void {
    let left = fault.count;
    let held: Held | undefined;
    const stop = this.chaos.setting.steps.hear(({ step, host }: Reached) => {
      if (host !== '' && host !== fault.host) return;
      if (step === fault.hold?.step) {
        held?.letGo();
        held = this.#hold(fault.host, fault.hold);
      }
      if (step !== fault.step) return;
      left -= 1;
      if (left > 0) return;
      stop();
      this.#start(fault, held);
    });
    this.#stops.push(stop);
  }

  #hold(host: string, { way }: Hold): Held {
    const release = this.chaos.setting.relays.get(host)!.hold(way);
    const timer = setTimeout(release, heldAtMostMs);
    const keep = () => clearTimeout(timer);
    return {
      keep,
      letGo: () => {
        keep();
        release();
      },
    };
  }

  #start(fault: Fault, held?: Held): void {
    held?.keep();
    const going = this.#carryOut(fault).catch((error: unknown) => {
      if (!(error instanceof NotNow))
        this.chaos.violate(`fault ${fault.kind} could not be made: ${String(error)}`, fault.host);
    });
    const over = going.finally(() => {
      held?.letGo();
      this.#underWay.delete(over);
    });
    this.#underWay.add(over);
  }

  async #carryOut(fault: Fault): Promise<void> {
    const mend = await injections[fault.kind]!(this.chaos, fault);
    const over = fault.kind.startsWith('killed') ? () => {} : this.chaos.recovery.disturbed();
    this.happened.push({ fault, at: new Date().toISOString() });
    this.chaos.count();
    await sleep(fault.ms, undefined, { signal: this.#mendNow.signal }).catch(() => undefined);
    await mend?.();
    over();
  }
}
