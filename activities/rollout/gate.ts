/** The right to have an operation in progress on a host now. */
export interface Slot {
  readonly rollout: string;
  readonly host: string;
  readonly domain: string;
  /** The begin was sent to the host and it has not said yet that the operation is there. */
  sent: boolean;
}

export interface SlotRequest {
  readonly rollout: string;
  readonly host: string;
  readonly domain: string;
  readonly domainCap: number;
  readonly totalCap: number;
  readonly startsPerSecond: number;
  /** Asked at the last moment: takes from the budget, unless it, or the worker's lease, does not allow it. */
  take(): boolean;
  /** The caller no longer wants a slot: the answer is `closed`. */
  stopped(): boolean;
}

interface RolloutGate {
  open: boolean;
  /** The turn of the last close: an open that was asked for before it, and comes after it, opens nothing. */
  closedTurn: number;
  nextStartMs: number;
}

/** Begins that were sent are acknowledged within a round trip; a host that hangs is not waited for longer. */
const acknowledgeLimitMs = 5_000;

/**
 * The one gate of the one worker: every begin passes it (DESIGN.md decision 5).
 * It counts what is in progress over all rollouts, so that the hosts of a domain never exceed its cap together.
 */
export class Gate {
  readonly #rollouts = new Map<string, RolloutGate>();
  readonly #slots = new Set<Slot>();
  readonly #waiting: { request: SlotRequest; resolve: (answer: Slot | 'closed') => void }[] = [];
  readonly #acknowledged = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** Everything that holds a slot now, for people who ask who waits for whom. */
  holders(): readonly Slot[] {
    return [...this.#slots];
  }

  /** Waits for a slot; `closed` when the rollout is paused, or the caller no longer wants one. */
  acquire(request: SlotRequest): Promise<Slot | 'closed'> {
    return new Promise((resolve) => {
      this.#waiting.push({ request, resolve });
      this.poke();
    });
  }

  /** Takes a slot without asking: the operation is in progress on the host already. */
  hold(rollout: string, host: string, domain: string): Slot {
    const slot: Slot = { rollout, host, domain, sent: false };
    this.#slots.add(slot);
    return slot;
  }

  /** Whether a begin may still be sent now; marks it as sent when it may. */
  send(slot: Slot): boolean {
    if (!this.#gateOf(slot.rollout).open) return false;
    slot.sent = true;
    return true;
  }

  /** The host said that the operation is there, or the begin is known to have failed. */
  acknowledge(slot: Slot): void {
    slot.sent = false;
    for (const wake of this.#acknowledged) wake();
  }

  release(slot: Slot): void {
    this.acknowledge(slot);
    this.#slots.delete(slot);
    this.poke();
  }

  isOpen(rollout: string): boolean {
    return this.#gateOf(rollout).open;
  }

  /**
   * Opens the gate for one rollout, unless it was shut at a later turn: activities come in any order, and late.
   * @param turn - counts what was asked of this gate.
   * @returns the turn of the close that overtook it; undefined when the gate is open.
   */
  open(rollout: string, turn: number): number | undefined {
    const gate = this.#gateOf(rollout);
    if (turn <= gate.closedTurn) return gate.closedTurn;
    gate.open = true;
    this.poke();
    return undefined;
  }

  /**
   * Shuts the gate for one rollout. When this resolves, no operation of it begins on any host any more.
   * @param turn - as for `open`; a close that comes late shuts all the same, which is safe.
   * @returns operations in progress, which go on to their end.
   */
  async close(rollout: string, turn = 0): Promise<number> {
    const gate = this.#gateOf(rollout);
    gate.open = false;
    gate.closedTurn = Math.max(gate.closedTurn, turn);
    this.poke();
    const deadline = Date.now() + acknowledgeLimitMs;
    while (this.#of(rollout).some((slot) => slot.sent) && Date.now() < deadline)
      await this.#nextAcknowledge(deadline - Date.now());
    return this.#of(rollout).length;
  }

  /** Looks again at who waits: something that a begin depends on has changed. */
  poke(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = Date.now();
    let wakeAt = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#waiting.length; ) {
      const { request, resolve } = this.#waiting[i]!;
      const gate = this.#gateOf(request.rollout);
      if (!gate.open || request.stopped()) {
        this.#waiting.splice(i, 1);
        resolve('closed');
      } else if (now < gate.nextStartMs) {
        wakeAt = Math.min(wakeAt, gate.nextStartMs);
        i += 1;
      } else if (this.#hasRoom(request) && request.take()) {
        this.#waiting.splice(i, 1);
        gate.nextStartMs = Math.max(gate.nextStartMs, now - 1000) + 1000 / request.startsPerSecond;
        resolve(this.hold(request.rollout, request.host, request.domain));
      } else i += 1;
    }
    if (Number.isFinite(wakeAt)) this.#timer = setTimeout(() => this.poke(), Math.max(1, wakeAt - now));
  }

  #hasRoom({ domain, domainCap, totalCap }: SlotRequest): boolean {
    if (this.#slots.size >= totalCap) return false;
    let inDomain = 0;
    for (const slot of this.#slots) if (slot.domain === domain) inDomain += 1;
    return inDomain < domainCap;
  }

  #of(rollout: string): Slot[] {
    return [...this.#slots].filter((slot) => slot.rollout === rollout);
  }

  #gateOf(rollout: string): RolloutGate {
    let gate = this.#rollouts.get(rollout);
    if (!gate) {
      gate = { open: true, closedTurn: 0, nextStartMs: 0 };
      this.#rollouts.set(rollout, gate);
    }
    return gate;
  }

  #nextAcknowledge(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#acknowledged.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, limitMs));
      this.#acknowledged.add(wake);
    });
  }
}
