import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { TidegateError } from '../model/errors';
import { connect, DroppedEarly } from './connect';
import type { Connection, SshConnection } from './connection';
import { unreachable } from './dial';
import type { Hosts, UseOptions } from './hosts';
import type { KnownHosts } from './known-hosts';
import type { PrivateKey } from './private-key';
import { Ramp, type RampLimits } from './ramp';
import { type Target, targetKey, targetText } from './target';

export interface PoolOptions {
  readonly key: PrivateKey;
  readonly knownHosts: KnownHosts;
  readonly connectTimeoutMs?: number;
  readonly handshakeTimeoutMs?: number;
  readonly keepaliveMs?: number;
  readonly idleMs?: number;
  /** Handshakes under way to all hosts together. */
  readonly handshakes?: RampLimits;
}

/** DESIGN.md, plan defaults. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A loaded host logs in slowly (PAM, DNS of its own); sshd itself gives up after LoginGraceTime, 120 s. */
const HANDSHAKE_TIMEOUT_MS = 20_000;
/** With KEEPALIVES_UNANSWERED = 3, a dead connection is noticed within a minute. */
const KEEPALIVE_MS = 15_000;
/** Longer than the pauses between the steps of one host; a soak is longer, and connects anew. */
const IDLE_MS = 60_000;
/** Idle connections kept at most; the longest idle is closed first. Fleets are larger than file tables. */
const MOST_IDLE = 256;
/** An idle connection that was not used for this long is asked whether it still lives before it is handed out. */
const TRUSTED_IDLE_MS = 1_000;
const ANSWER_TIMEOUT_MS = 3_000;
/** 2 ms of our CPU each: more at once only stalls the event loop (measured: 430 ms at 1,000). */
const ALL_HANDSHAKES: RampLimits = { concurrent: 64, startsPerSecond: 400 };
/**
 * Well below the 10 that sshd's MaxStartups lets in before it drops at random: a loaded sshd counts a login for a
 * while after it is through (seen: 8 at once were dropped).
 */
const HOST_HANDSHAKES: RampLimits = { concurrent: 4, startsPerSecond: 100 };
/** Through a bastion only its forwarding is loaded; MaxStartups counts at each host behind it. */
const BASTION_HANDSHAKES: RampLimits = { concurrent: 32, startsPerSecond: 100 };
/** Pauses before a host that hung up before the key exchange is tried again: sshd past MaxStartups recovers fast. */
const DROPPED_RETRY_MS = [250, 1_000, 3_000];

/** One connection, or the attempt at it, and how many use it. A connection that fails gets a new entry. */
interface Entry {
  readonly key: string;
  readonly connection: Promise<SshConnection>;
  open?: SshConnection;
  /** As known_hosts was when its host key was last held against it. */
  checkedUnder?: string;
  users: number;
  idleSinceMs: number;
  idleTimer?: NodeJS.Timeout;
}

/** Connections to hosts, kept between uses: one per target, opened through the ramp, never handed out dead. */
export class Pool implements Hosts {
  readonly #options: Required<PoolOptions>;
  readonly #ramp: Ramp;
  readonly #entries = new Map<string, Entry>();
  /** Entries without a user, longest idle first. */
  readonly #idle = new Set<Entry>();
  readonly #open = new Set<SshConnection>();
  readonly #closing = new AbortController();

  constructor(options: PoolOptions) {
    this.#options = {
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      keepaliveMs: KEEPALIVE_MS,
      idleMs: IDLE_MS,
      handshakes: ALL_HANDSHAKES,
      ...options,
    };
    this.#ramp = new Ramp(this.#options.handshakes);
    setMaxListeners(0, this.#closing.signal);
  }

  async use<T>(
    target: Target,
    work: (connection: Connection) => Promise<T>,
    options: UseOptions = {},
  ): Promise<T> {
    await this.#dismissUntrusted(target);
    const entry = this.#take(target, options.connectTimeoutMs ?? this.#options.connectTimeoutMs);
    try {
      return await work(await entry.connection);
    } finally {
      this.#give(entry);
    }
  }

  /** Closes every connection, also those in use, and resolves when all are gone. The pool cannot be used again. */
  async closeAll(): Promise<void> {
    this.#closing.abort();
    for (const entry of this.#idle) clearTimeout(entry.idleTimer);
    await Promise.allSettled([...this.#entries.values()].map((entry) => entry.connection));
    const open = [...this.#open];
    for (const connection of open) connection.close();
    await Promise.all(open.map((connection) => connection.ended));
  }

  /**
   * Ends a connection whose host key is no longer the pinned one, for all its users: known_hosts may have changed since
   * it was opened, for it or for a jump host before it. The next one is opened as any, and says what is wrong.
   */
  async #dismissUntrusted(target: Target): Promise<boolean> {
    const jumpTrusted = target.jump === undefined || (await this.#dismissUntrusted(target.jump));
    const entry = this.#entries.get(targetKey(target));
    if (entry?.open === undefined) return jumpTrusted;
    const { knownHosts } = this.#options;
    const stamp = await knownHosts.stamp();
    if (jumpTrusted && entry.checkedUnder === stamp) return true;
    const pins = await knownHosts.pins(target);
    if (jumpTrusted && pins.verdict(entry.open.hostKey).kind === 'trusted') {
      entry.checkedUnder = stamp;
      return true;
    }
    this.#dismiss(entry);
    return false;
  }

  #take(target: Target, connectTimeoutMs: number): Entry {
    const key = targetKey(target);
    const entry =
      this.#usable(this.#entries.get(key)) ?? this.#enter(key, this.#reach(target, connectTimeoutMs));
    return this.#occupy(
      this.#isDoubtful(entry) ? this.#enter(key, this.#ask(entry, target, connectTimeoutMs)) : entry,
    );
  }

  #usable(entry: Entry | undefined): Entry | undefined {
    return entry?.open?.closed === true ? undefined : entry;
  }

  #isDoubtful(entry: Entry): boolean {
    return (
      entry.users === 0 && entry.open !== undefined && performance.now() - entry.idleSinceMs > TRUSTED_IDLE_MS
    );
  }

  #enter(key: string, connection: Promise<SshConnection>): Entry {
    const replaced = this.#entries.get(key);
    if (replaced !== undefined) this.#rouse(replaced);
    const entry: Entry = { key, connection, users: 0, idleSinceMs: 0 };
    this.#entries.set(key, entry);
    connection.then(
      (open) => {
        entry.open = open;
        void open.ended.then(() => this.#forget(entry));
      },
      () => this.#forget(entry),
    );
    return entry;
  }

  #forget(entry: Entry): void {
    this.#rouse(entry);
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  #occupy(entry: Entry): Entry {
    this.#rouse(entry);
    entry.users += 1;
    return entry;
  }

  #rouse(entry: Entry): void {
    this.#idle.delete(entry);
    clearTimeout(entry.idleTimer);
  }

  #give(entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0 || this.#entries.get(entry.key) !== entry || entry.open === undefined) return;
    entry.idleSinceMs = performance.now();
    entry.idleTimer = setTimeout(() => this.#dismiss(entry), this.#options.idleMs).unref();
    this.#idle.add(entry);
    const [longest] = this.#idle;
    if (this.#idle.size > MOST_IDLE && longest !== undefined) this.#dismiss(longest);
  }

  #dismiss(entry: Entry): void {
    this.#forget(entry);
    entry.open?.close();
  }

  /** A connection may have died unnoticed while nobody used it. */
  async #ask(entry: Entry, target: Target, connectTimeoutMs: number): Promise<SshConnection> {
    const open = await entry.connection;
    if (await open.answers(ANSWER_TIMEOUT_MS)) return open;
    open.close();
    return this.#reach(target, connectTimeoutMs);
  }

  async #reach(target: Target, connectTimeoutMs: number): Promise<SshConnection> {
    if (target.jump === undefined) return this.#connect(target, connectTimeoutMs);
    const jump = this.#take(target.jump, connectTimeoutMs);
    try {
      const via = await jump.connection.catch((error: unknown) => Promise.reject(jumpError(target, error)));
      const connection = await this.#connect(target, connectTimeoutMs, via);
      void connection.ended.then(() => this.#give(jump));
      return connection;
    } catch (error) {
      this.#give(jump);
      throw error;
    }
  }

  async #connect(target: Target, connectTimeoutMs: number, via?: SshConnection): Promise<SshConnection> {
    const [gate, limits] =
      target.jump === undefined
        ? [`${target.address} ${target.port}`, HOST_HANDSHAKES]
        : [targetKey(target.jump), BASTION_HANDSHAKES];
    for (const pauseMs of [...DROPPED_RETRY_MS, undefined]) {
      try {
        return await this.#ramp.run(gate, limits, () => this.#handshake(target, connectTimeoutMs, via));
      } catch (error) {
        if (pauseMs === undefined || !wasDroppedEarly(error) || this.#closing.signal.aborted) throw error;
        await pause(pauseMs * (0.5 + Math.random()));
      }
    }
    throw unreachable(target, 'it hung up each time');
  }

  async #handshake(target: Target, connectTimeoutMs: number, via?: SshConnection): Promise<SshConnection> {
    const { signal } = this.#closing;
    if (signal.aborted) throw unreachable(target, 'the worker is stopping');
    const connection = await connect(target, { ...this.#options, connectTimeoutMs, via, signal });
    this.#open.add(connection);
    void connection.ended.then(() => this.#open.delete(connection));
    return connection;
  }
}

function wasDroppedEarly(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof DroppedEarly;
}

/** The host is not to blame, but it is the one that could not be reached. */
function jumpError(target: Target, error: unknown): unknown {
  if (!(error instanceof TidegateError)) return error;
  const detail = `${targetText(target)}: its jump host failed: ${error.message}`;
  return new TidegateError(
    error.code,
    { detail, hosts: [target.name], next: error.facts.next },
    { cause: error },
  );
}
