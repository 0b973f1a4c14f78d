import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Fleet, Host } from '../../model/fleet';
import type { PushedFile, RunRequest } from '../../model/run-request';
import { shareOf } from '../../model/share';
import { byDomain } from '../../model/spread';
import type { Connection } from '../../ssh/connection';
import type { RunStream } from '../../store/run-stream';
import { deadlineOf } from '../deadline';
import type { Slot } from '../gate';
import type { Secured } from '../rollout/work';
import type { RunBook } from './book';
import { runCommand } from './command';
import type { Room } from './keep-output';
import { type Answer, answerOf } from './on-host';
import { pullFiles } from './pull';
import { pushFiles } from './push';

const pastTheDeadline: Answer = { outcome: 'not run', detail: 'past the deadline' };
const stopped: Answer = { outcome: 'not run', detail: 'stopped' };

/** What the hosts of a run have in common. */
interface Common {
  readonly request: RunRequest;
  readonly list: readonly string[];
  readonly fleet: Fleet;
  /** What a push puts on each host. */
  readonly pushed: readonly PushedFile[];
  readonly room: Room;
  readonly stream?: RunStream;
}

/** One run under way in this process. */
export class RunWork {
  /** Absent without `--per-domain`: a light command neither waits for the caps of domains nor takes from them. */
  readonly #caps: ReadonlyMap<string, number> | undefined;
  readonly #hosts: ReadonlyMap<string, Host>;
  /** On the monotonic clock. */
  readonly #endsMs: number;

  constructor(
    private readonly secured: Secured,
    readonly book: RunBook,
    readonly common: Common,
  ) {
    const { fleet } = common;
    const { perDomain } = common.request;
    if (perDomain !== undefined)
      this.#caps = new Map(
        [...byDomain(fleet.hosts)].map(([domain, hosts]) => [domain, shareOf(perDomain, hosts.length)]),
      );
    this.#hosts = new Map(fleet.hosts.map((host) => [host.name, host]));
    const { deadlineMs = Number.POSITIVE_INFINITY } = common.request;
    this.#endsMs = deadlineOf(book.record.started?.at ?? new Date().toISOString(), deadlineMs);
  }

  /**
   * Sees the hosts [from, to) to their ends, `parallel` at a time: each passes the gate, its intent is on the disk
   * before anything is sent, and whoever comes after a crash finds the intent and does not send again.
   * @param signal - aborted when this attempt is no longer wanted: nothing more is sent.
   * @throws TG_RUN_INTERRUPTED when hosts are left and nobody stopped the run: another attempt takes them
   */
  async hosts(from: number, to: number, signal: AbortSignal): Promise<void> {
    const range = Array.from({ length: to - from }, (_, i) => from + i);
    const waiting = range.values();
    const failures: unknown[] = [];
    const lane = async () => {
      for (const index of waiting) {
        if (signal.aborted || failures.length > 0) return;
        await this.#one(index, signal).catch((error: unknown) => failures.push(error));
      }
    };
    const stop = () => this.secured.gate.poke();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.all(Array.from({ length: Math.min(this.common.request.parallel, to - from) }, lane));
    } finally {
      signal.removeEventListener('abort', stop);
    }
    // Only when no lane sends any more: another attempt follows a failure.
    if (failures.length > 0) throw failures[0];
    const { outcomes, stopped } = this.book.record;
    if (!stopped && range.some((index) => !outcomes.has(index)))
      throw new TidegateError('TG_RUN_INTERRUPTED', 'the worker is stopping, or another attempt takes over');
  }

  async #one(index: number, signal: AbortSignal): Promise<void> {
    const { record } = this.book;
    if (record.outcomes.has(index)) return;
    // Sent by a worker that died, with nobody left to hear the answer.
    if (record.sent.has(index) && !this.common.request.retryable)
      return this.#end(index, { outcome: 'unknown', detail: 'the worker died before it answered' });
    if (this.#isLate()) return this.#end(index, pastTheDeadline);
    const host = this.#hosts.get(this.common.list[index]!);
    if (!host) return this.#end(index, { outcome: 'not run', detail: 'no longer in the fleet' });
    const slot = await this.#acquire(host, signal);
    // A stopped run tells its hosts at its end, all at once.
    if (slot === 'closed') return this.#isLate() ? this.#end(index, pastTheDeadline) : undefined;
    try {
      await this.#withSlot(index, host, slot);
    } finally {
      this.secured.gate.release(slot);
    }
  }

  async #withSlot(index: number, host: Host, slot: Slot): Promise<void> {
    const begunMs = performance.now();
    let sent = false;
    let answer: Answer | undefined;
    try {
      answer = await this.secured.hosts.use(targetOf(host, this.common.fleet), async (connection) => {
        if (!this.#mayBegin(slot)) return this.#whyNot();
        await this.book.append({ kind: 'sent', host: host.name, index });
        if (!this.#mayBegin(slot)) {
          await this.book.append({ kind: 'void', host: host.name, index });
          return this.#whyNot();
        }
        sent = true;
        return this.#task(connection, host);
      });
    } catch (error) {
      answer = answerOf(error, sent);
    }
    if (answer) await this.#end(index, answer, Math.round(performance.now() - begunMs));
  }

  /** Asked again after each wait: whoever stopped the run, or this worker, wants nothing more sent from then on. */
  #mayBegin(slot: Slot): boolean {
    const { gate, lease } = this.secured;
    return gate.isOpen(this.book.run) && !slot.stopped() && lease.fresh();
  }

  /** @returns nothing for a host that another attempt, or the next worker, takes: nobody stopped the run. */
  #whyNot(): Answer | undefined {
    if (this.book.record.stopped) return stopped;
    return this.#isLate() ? pastTheDeadline : undefined;
  }

  #task(connection: Connection, host: Host): Promise<Answer> {
    const { request, pushed, room, stream } = this.common;
    const { task, timeoutMs } = request;
    const given = {
      files: this.secured.files,
      pushed,
      room,
      timeoutMs: Math.max(1, Math.min(timeoutMs, this.#leftMs())),
      show: (from: 'stdout' | 'stderr', chunk: Buffer) => stream?.write(host.name, from, chunk),
    };
    switch (task.verb) {
      case 'run':
        return runCommand(connection, request, task, given);
      case 'push':
        return pushFiles(connection, request, task, given);
      case 'pull':
        return pullFiles(connection, request, task, given);
    }
  }

  async #end(index: number, answer: Answer, ms?: number): Promise<void> {
    await this.book.append({ kind: 'result', host: this.common.list[index]!, index, ms, ...answer });
  }

  #acquire(host: Host, signal: AbortSignal): Promise<Slot | 'closed'> {
    return this.secured.gate.acquire({
      holder: this.book.run,
      host: host.name,
      domain: host.domain,
      caps: this.#caps && { domain: this.#caps.get(host.domain) ?? 1, total: Number.POSITIVE_INFINITY },
      startsPerSecond: Number.POSITIVE_INFINITY,
      stopped: () => signal.aborted || this.#isLate(),
      take: () => this.secured.lease.fresh(),
    });
  }

  #leftMs(): number {
    return this.#endsMs - performance.now();
  }

  #isLate(): boolean {
    return this.#leftMs() <= 0;
  }
}
