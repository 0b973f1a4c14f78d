import type { FleetUse } from '../../fleet/source';
import { FailureBudget } from '../../model/budget';
import { domainCap } from '../../model/caps';
import type { TidegateError } from '../../model/errors';
import type { Fleet, Hold } from '../../model/fleet';
import { expectedOperationMs } from '../../model/plan-record';
import type { HostRecord } from '../../model/record';
import { byDomain } from '../../model/spread';
import type { Wanted } from '../../model/starved';
import { type Begins, nextBegins } from '../../model/window';
import type { Files } from '../../store/files';
import type { Gate, Slot } from '../gate';
import type { Lease } from '../lease';
import type { Book } from './book';
import type { Chain } from './chain';
import type { Planned } from './planned';
import type { Quarantine } from './quarantine';
import type { Remote } from './remote';

/** What the rollout activities are handed by the worker. */
export interface Secured extends Remote {
  readonly gate: Gate;
  readonly chain: Chain;
  readonly quarantine: Quarantine;
  readonly lease: Lease;
  /** Counts the starts of workers on this state directory; hosts refuse a lower one. */
  readonly epoch: number;
  /** The fleet as it is now; of an inventory program as it was at the last plan or wave (fleet/source.ts). */
  readonly fleet: (use?: FleetUse) => Promise<Fleet>;
  /** A host has heard from a newer worker: this one begins nothing more and ends. @returns what to throw. */
  readonly superseded: (detail: string) => TidegateError;
  /** Hosts that are held now. */
  readonly holds: () => Promise<Hold[]>;
  readonly files: Files;
}

/**
 * What is going on, in this process, for one rollout: a task a host, its slots and its budget.
 * Tasks outlive the activity that began them: the next batch finds them here and waits for them, so handing over
 * costs nothing, and a second attempt of an activity in one process cannot begin a host beside the first.
 */
export class RolloutWork {
  readonly #tasks = new Map<number, Promise<void>>();
  readonly #slots = new Map<number, Slot>();
  readonly #begun = new Set<number>();
  readonly #caps: ReadonlyMap<string, number>;
  readonly #changed = new Set<() => void>();
  #budget: FailureBudget;
  #begins: (Begins & { readonly askedAt: number }) | undefined;
  /** Hosts whose undo was tried just now, and could not be begun: the batch says so, and the workflow tries again. */
  readonly unreached = new Set<number>();
  /** Set when the activity that asked for begins is gone: what has not begun stays pending. */
  stopping = false;

  constructor(
    readonly secured: Secured,
    readonly book: Book,
    readonly planned: Planned,
    fleet: Fleet,
  ) {
    const { caps } = planned.record.plan;
    this.#caps = new Map(
      [...byDomain(fleet.hosts)].map(([domain, hosts]) => [domain, domainCap(caps, domain, hosts.length)]),
    );
    this.#budget = this.#budgetOf(Number.POSITIVE_INFINITY);
    // What the ledger says is in progress holds its slot from the start.
    for (const index of book.record.inFlight()) this.#resume(index);
  }

  record(index: number): HostRecord {
    return this.book.record.host(index, this.planned.list[index]?.name);
  }

  /** @param stopAt - the failure, of the whole rollout, at which nothing more begins. */
  allow(stopAt: number): void {
    this.#budget = this.#budgetOf(stopAt);
    this.secured.gate.poke();
  }

  get budgetSpent(): boolean {
    return this.#budget.spent;
  }

  /**
   * When the plan's window lets operations begin: the stretch that lasts now, or the next; undefined when it is no
   * matter. It comes from the plan and the clock alone, so that a restart forgets nothing.
   */
  begins(action: 'apply' | 'undo'): Begins | undefined {
    const { window } = this.planned.record.plan;
    if (!window || (action === 'undo' && !window.rollbackWaits)) return undefined;
    const now = Date.now();
    // A clock that was put back may have passed the stretch that is open again now.
    if (!this.#begins || now > this.#begins.lastAt || now < this.#begins.askedAt)
      this.#begins = { ...nextBegins(window, now, expectedOperationMs), askedAt: now };
    return this.#begins;
  }

  /** Whether nothing may begin because the window is closed, or closes too soon. */
  outsideWindow(action: 'apply' | 'undo'): boolean {
    return (this.begins(action)?.firstAt ?? 0) > Date.now();
  }

  /** Whether the host waits, or would wait, for room in its domain. */
  waitsForRoom(index: number): boolean {
    const { domain, caps } = this.wanted(index);
    return !this.#slots.has(index) && this.secured.gate.isFull(domain, caps.domain);
  }

  /** Whether the host has an operation in progress, or its work is over. */
  hasBegun(index: number): boolean {
    return this.#begun.has(index) || !this.#tasks.has(index);
  }

  /** Whether the host's task goes on. */
  isUnderWay(index: number): boolean {
    return this.#tasks.has(index);
  }

  /** Starts the host's task unless it is running; the task's end, and every begin, wakes `changed`. */
  start(index: number, task: () => Promise<void>): Promise<void> {
    const running = this.#tasks.get(index);
    if (running) return running;
    const started = task().finally(() => {
      this.#tasks.delete(index);
      this.#wake();
    });
    this.#tasks.set(index, started);
    return started;
  }

  /** Resolves when a task begins an operation or ends, or after `limitMs`. */
  changed(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#changed.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs).unref();
      this.#changed.add(wake);
    });
  }

  /** What a host asks of the gate; a control instance is not in the list of the plan. */
  wanted(
    index: number,
    { name, domain }: { readonly name: string; readonly domain: string } = this.planned.list[index]!,
  ): Wanted {
    const { caps } = this.planned.record.plan;
    return {
      holder: this.book.rollout,
      host: name,
      domain,
      caps: { domain: this.#caps.get(domain) ?? caps.withoutDomain, total: caps.total },
    };
  }

  /**
   * Waits for the right to begin on a host.
   * @param purpose - only an apply spends the budget; a rehearsal waits for no window.
   * @param host - given for a control instance.
   */
  async acquire(
    index: number,
    purpose: 'apply' | 'undo' | 'rehearse',
    host?: { readonly name: string; readonly domain: string },
  ): Promise<Slot | 'closed'> {
    const held = this.#slots.get(index);
    if (held) return held;
    const withBudget = purpose === 'apply';
    const slot = await this.secured.gate.acquire({
      ...this.wanted(index, host),
      startsPerSecond: this.planned.record.plan.caps.startsPerSecond,
      stopped: () =>
        this.stopping ||
        (withBudget && this.#budget.spent) ||
        (purpose !== 'rehearse' && this.outsideWindow(purpose)),
      take: () => {
        if (!this.secured.lease.fresh()) return false;
        if (withBudget && !this.#budget.mayBegin()) return false;
        if (withBudget) this.#budget.begin();
        this.#begun.add(index);
        return true;
      },
    });
    if (slot !== 'closed') this.#slots.set(index, slot);
    this.#wake();
    return slot;
  }

  /** The operation is verified, has failed, or never began: the budget knows, and the slot is free. */
  settle(index: number, given: { withBudget: boolean; failed: boolean; keepSlot?: boolean }): void {
    if (this.#begun.delete(index) && given.withBudget) this.#budget.end(given.failed);
    if (given.keepSlot) this.slotOf(index).overdue = true;
    else this.free(index);
    this.secured.gate.poke();
    this.#wake();
  }

  /** Whether nobody else can begin on the host: its slot is ours. */
  holds(index: number): boolean {
    return this.#slots.has(index);
  }

  free(index: number): void {
    const slot = this.#slots.get(index);
    this.#slots.delete(index);
    if (slot) this.secured.gate.release(slot);
  }

  slotOf(index: number): Slot {
    return this.#slots.get(index) ?? this.#resume(index);
  }

  #resume(index: number): Slot {
    const planned = this.planned.list[index];
    const slot = this.secured.gate.hold(
      this.book.rollout,
      planned?.name ?? this.record(index).name,
      planned?.domain ?? '',
    );
    this.#slots.set(index, slot);
    // One that is overdue has failed already: it keeps its slot, and is no more of the budget's concern.
    if (this.record(index).state === 'quarantined') slot.overdue = true;
    else this.#begun.add(index);
    return slot;
  }

  #budgetOf(stopAt: number): FailureBudget {
    const { overshoot } = this.planned.record.plan.budget;
    const budget = new FailureBudget(stopAt, this.book.record.failures(), overshoot);
    for (const index of this.#begun) if (index >= 0) budget.begin();
    return budget;
  }

  #wake(): void {
    for (const wake of [...this.#changed]) wake();
  }
}
