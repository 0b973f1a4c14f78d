/** How fast handshakes may begin towards one place: a host, a bastion, or all hosts together. */
export interface RampLimits {
  readonly concurrent: number;
  readonly startsPerSecond: number;
}

/**
 * Handshakes cost CPU on both sides, and sshd drops connections past MaxStartups (10 not logged in by default).
 * So they begin in order, each through the gate of its host or bastion and the one for all.
 */
export class Ramp {
  readonly #all: Gate;
  readonly #gates = new Map<string, Gate>();
  /** Gates where somebody waits, in the order of their turn; not those that must wait for room or time. */
  readonly #ready = new Set<Gate>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: RampLimits) {
    this.#all = new Gate('', limits);
  }

  /** Runs `work` when its turn has come. @param limits those of the gate called `name` */
  run<T>(name: string, limits: RampLimits, work: () => Promise<T>): Promise<T> {
    const gate = this.#gates.get(name) ?? new Gate(name, limits);
    this.#gates.set(name, gate);
    return new Promise((resolve, reject) => {
      gate.waiting.push(() => {
        work()
          .finally(() => this.#end(gate))
          .then(resolve, reject);
      });
      this.#ready.add(gate);
      this.#begin();
    });
  }

  /** Begins all that may begin now, each gate in turn. A gate begun goes behind the others: Sets visit what is added. */
  #begin(): void {
    for (const gate of this.#ready) {
      const nowMs = performance.now();
      if (!this.#all.hasRoom) return;
      if (this.#all.nextStartMs > nowMs) {
        this.#wake(this.#all.nextStartMs - nowMs);
        return;
      }
      this.#ready.delete(gate);
      if (!gate.hasRoom) continue;
      if (gate.nextStartMs > nowMs) this.#readyLater(gate, gate.nextStartMs - nowMs);
      else this.#start(gate, nowMs);
    }
  }

  #start(gate: Gate, nowMs: number): void {
    const start = gate.waiting.shift();
    if (start === undefined) return;
    this.#all.begin(nowMs);
    gate.begin(nowMs);
    if (gate.waiting.length > 0) this.#ready.add(gate);
    start();
  }

  #end(gate: Gate): void {
    this.#all.active -= 1;
    gate.active -= 1;
    if (gate.waiting.length > 0) this.#ready.add(gate);
    else if (gate.active === 0 && gate.nextStartMs <= performance.now()) this.#gates.delete(gate.name);
    this.#begin();
  }

  #wake(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#begin();
    }, delayMs);
  }

  #readyLater(gate: Gate, delayMs: number): void {
    setTimeout(() => {
      this.#ready.add(gate);
      this.#begin();
    }, delayMs);
  }
}

class Gate {
  active = 0;
  nextStartMs = 0;
  readonly waiting: (() => void)[] = [];

  constructor(
    readonly name: string,
    readonly limits: RampLimits,
  ) {}

  get hasRoom(): boolean {
    return this.active < this.limits.concurrent;
  }

  begin(nowMs: number): void {
    this.active += 1;
    this.nextStartMs = Math.max(this.nextStartMs, nowMs - CATCH_UP_MS) + 1000 / this.limits.startsPerSecond;
  }
}

/** Timers fire late; so much of a lag may be made good, or the rate would never be reached. */
const CATCH_UP_MS = 20;
