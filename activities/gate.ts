import type { Taken } from '../model/starved';

/** The right to have an operation in progress on a host now. */
export interface Slot extends Taken {
  /** The ID of the rollout or run whose operation it is. */
  readonly holder: string;
  /** Asked again before the begin is sent: what was wanted when the slot was given may not be wanted any more. */
  stopped(): boolean;
  /** The begin was sent to the host and it has not said yet that the operation is there. */
  sent: boolean;
  overdue: boolean;
}

export interface SlotRequest {
  readonly holder: string;
  readonly host: string;
  readonly domain: string;
  /** Operations at once in the domain, and in all: absent for what neither minds them nor counts against them. */
  readonly caps?: { readonly domain: number; readonly total: number };
  readonly startsPerSecond: number;
  /** Asked at the last moment: takes from the budget, unless it, or the worker's lease, does not allow it. */
  take(): boolean;
  /** The caller no longer wants a slot: the answer is `closed`. */
  stopped(): boolean;
}

interface HolderGate {
  open: boolean;
  /** The turn of the last close: an open that was asked for before it, and comes after it, opens nothing. */
  closedTurn: number;
  /** On the monotonic clock: one that is set back would keep all begins waiting until then. */
  nextStartMs: number;
}

/** The turn of a close that nobody asked for: it stands only until it is known what was. */
export const neverAsked = -1;

/** Begins that were sent are acknowledged within a round trip; a host that hangs is not waited for longer. */
const acknowledgeLimitMs = 5_000;

/**
 * The one gate of the one worker: every begin passes it (DESIGN.md decision 5).
 * It counts what is in progress over all rollouts and runs, so that the hosts of a domain never exceed its cap together.
 */
export class Gate {
  readonly #gates = new Map<string, HolderGate>();
  /** By book and host: whoever asks again for the slot of a host is given the one that it has. */
  readonly #slots = new Map<string, Slot>();
  readonly #inDomain = new Map<string, number>();
  readonly #onHost = new Map<string, number>();
  #underCaps = 0;
  readonly #waiting: { request: SlotRequest; resolve: (answer: Slot | 'closed') => void }[] = [];
  readonly #acknowledged = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** Everything that holds a slot now, for people who ask who waits for whom. */
  holders(): readonly Slot[] {
    return [...this.#slots.values()];
  }

  /** Waits for a slot; `closed` when the gate is shut for the holder, or the caller no longer wants one. */
  acquire(request: SlotRequest): Promise<Slot | 'closed'> {
    return new Promise((resolve) => {
      this.#waiting.push({ request, resolve });
      this.poke();
    });
  }

  /** Takes a slot without asking: the operation is in progress on the host already. */
  hold(holder: string, host: string, domain: string, given: Partial<Slot> = {}): Slot {
    const held = this.#slots.get(keyOf(holder, host));
    if (held) return held;
    const slot: Slot = {
      holder,
      host,
      domain,
      stopped: () => false,
      sent: false,
      overdue: false,
      underCaps: true,
      ...given,
    };
    this.#slots.set(keyOf(holder, host), slot);
    this.#count(slot, 1);
    return slot;
  }

  /** Whether a domain has no room for another operation. */
  isFull(domain: string, cap: number): boolean {
    return (this.#inDomain.get(domain) ?? 0) >= cap;
  }

  /** Whether a begin may still be sent now; marks it as sent when it may. */
  send(slot: Slot): boolean {
    if (!this.#gateOf(slot.holder).open || slot.stopped()) return false;
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
    if (this.#slots.get(keyOf(slot.holder, slot.host)) !== slot) return;
    this.#slots.delete(keyOf(slot.holder, slot.host));
    this.#count(slot, -1);
    this.poke();
  }

  isOpen(holder: string): boolean {
    return this.#gateOf(holder).open;
  }

  /**
   * Opens the gate for one holder, unless it was shut at a later turn: activities come in any order, and late.
   * @param turn - counts what was asked of this gate.
   * @returns the turn of the close that overtook it; undefined when the gate is open.
   */
  open(holder: string, turn: number): number | undefined {
    const gate = this.#gateOf(holder);
    if (turn <= gate.closedTurn) return gate.closedTurn;
    gate.open = true;
    this.poke();
    return undefined;
  }

  /**
   * Shuts the gate for one holder. When this resolves, no operation of it begins on any host any more, but the undo of
   * one that is in flight and fails: that is its end.
   * @param turn - as for `open`; a close that comes late shuts all the same, which is safe.
   * @returns operations in progress, which go on to their end.
   */
  async close(holder: string, turn = 0): Promise<number> {
    const gate = this.#gateOf(holder);
    gate.open = false;
    gate.closedTurn = Math.max(gate.closedTurn, turn);
    this.poke();
    const deadline = performance.now() + acknowledgeLimitMs;
    while (this.#of(holder).some((slot) => slot.sent) && performance.now() < deadline)
      await this.#nextAcknowledge(deadline - performance.now());
    return this.#of(holder).length;
  }

  /** Looks again at who waits: something that a begin depends on has changed. */
  poke(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    let wakeAt = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#waiting.length; ) {
      const { request, resolve } = this.#waiting[i]!;
      const gate = this.#gateOf(request.holder);
      if (!gate.open || request.stopped()) {
        this.#waiting.splice(i, 1);
        resolve('closed');
      } else if (now < gate.nextStartMs) {
        wakeAt = Math.min(wakeAt, gate.nextStartMs);
        i += 1;
      } else if (this.#hasRoom(request) && request.take()) {
        this.#waiting.splice(i, 1);
        gate.nextStartMs = Math.max(gate.nextStartMs, now - 1000) + 1000 / request.startsPerSecond;
        const { holder, host, domain, caps } = request;
        const stopped = () => request.stopped();
        resolve(this.hold(holder, host, domain, { stopped, underCaps: caps !== undefined }));
      } else i += 1;
    }
    if (Number.isFinite(wakeAt)) this.#timer = setTimeout(() => this.poke(), Math.max(1, wakeAt - now));
  }

  /** At most one operation at a time on a host, whoever began it. */
  #hasRoom({ host, domain, caps }: SlotRequest): boolean {
    if ((this.#onHost.get(host) ?? 0) > 0) return false;
    return !caps || (this.#underCaps < caps.total && !this.isFull(domain, caps.domain));
  }

  #count({ host, domain, underCaps }: Slot, change: 1 | -1): void {
    count(this.#onHost, host, change);
    if (!underCaps) return;
    count(this.#inDomain, domain, change);
    this.#underCaps += change;
  }

  #of(holder: string): Slot[] {
    return [...this.#slots.values()].filter((slot) => slot.holder === holder);
  }

  #gateOf(holder: string): HolderGate {
    let gate = this.#gates.get(holder);
    if (!gate) {
      gate = { open: true, closedTurn: neverAsked, nextStartMs: Number.NEGATIVE_INFINITY };
      this.#gates.set(holder, gate);
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

const keyOf = (holder: string, host: string) => `${holder}/${host}`;

function count(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + change;
  if (now === 0) counts.delete(key);
  else counts.set(key, now);
}
