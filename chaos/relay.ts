import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from '../lab/lab';
import type { Hold } from './kinds';
import type { Steps } from './steps';

/** What happens to connections that are opened from now on. */
export type Manner = 'open' | 'silent' | 'refused' | 'reset' | 'slow';

/** Where the relay of a host listens: on the host's own address, beside its sshd. */
export const relayPort = (host: LabHost) => host.port + 20_000;

/** A slow link passes so many bytes at a time, so often: 10 KB a second. */
const slowBytes = 512;
const slowEveryMs = 50;
/** A reset storm lets a connection live this long. */
const resetAfterMs = 30;

/** Stands before the sshd of one host, in this process, and does to its connections what it is told at any moment. */
export class Relay {
  readonly #connections = new Set<Relayed>();
  readonly #server: Server;
  #manner: Manner = 'open';

  private constructor(
    readonly host: LabHost,
    private readonly steps: Steps,
  ) {
    // An sshd that goes away while we are connected to it ends our client too, and no sooner.
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** @param port - where it listens, on the address of the host. */
  static async start(host: LabHost, steps: Steps, port = relayPort(host)): Promise<Relay> {
    const relay = new Relay(host, steps);
    relay.#server.listen(port, host.address);
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  get manner(): Manner {
    return this.#manner;
  }

  /** What is done to new connections; `silent` and `slow` also to those that are open. */
  set manner(manner: Manner) {
    this.#manner = manner;
    for (const connection of this.#connections) connection.pace = paceOf(manner);
  }

  /** Resets every connection. @returns how many there were. */
  cut(): number {
    const cut = this.#connections.size;
    for (const connection of [...this.#connections]) connection.cut();
    return cut;
  }

  /** Keeps bytes of the open connections back. @returns what lets them go, if they are still there. */
  hold(way: Hold['way']): () => void {
    const held = [...this.#connections];
    for (const connection of held) connection.hold(way, true);
    return () => {
      for (const connection of held) connection.hold(way, false);
    };
  }

  stop(): void {
    this.cut();
    this.#server.close();
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#manner === 'refused') {
      client.destroySoon();
      return;
    }
    const relayed = new Relayed(client, connect(this.host.port, this.host.address), (step) =>
      this.steps.reached(step, this.host.name),
    );
    relayed.pace = paceOf(this.#manner);
    this.#connections.add(relayed);
    void relayed.ended.then(() => this.#connections.delete(relayed));
    this.steps.reached('relay:connected', this.host.name);
    if (this.#manner === 'reset') void sleep(resetAfterMs).then(() => relayed.cut());
  }
}

type Pace = 'free' | 'slow' | 'still';
const paceOf = (manner: Manner): Pace =>
  manner === 'silent' ? 'still' : manner === 'slow' ? 'slow' : 'free';

/** One connection and its two streams of bytes. */
class Relayed {
  readonly #toHost: Stream;
  readonly #fromHost: Stream;
  readonly ended: Promise<unknown>;

  constructor(
    private readonly client: Socket,
    private readonly host: Socket,
    say: (step: 'relay:sent' | 'relay:answered') => void,
  ) {
    host.on('error', () => client.resetAndDestroy());
    client.on('error', () => undefined);
    this.#toHost = new Stream(client, host, () => say('relay:sent'));
    this.#fromHost = new Stream(host, client, () => say('relay:answered'));
    this.ended = Promise.all([closed(client), closed(host)]);
  }

  set pace(pace: Pace) {
    this.#toHost.pace = pace;
    this.#fromHost.pace = pace;
  }

  hold(way: Hold['way'], isHeld: boolean): void {
    (way === 'to the host' ? this.#toHost : this.#fromHost).held = isHeld;
  }

  cut(): void {
    this.client.resetAndDestroy();
    this.host.resetAndDestroy();
  }
}

/** Whatever went wrong before. */
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** Bytes on their way: kept here while they are held, also when whoever sent them is gone meanwhile. */
class Stream {
  #kept: Buffer[] = [];
  #ended = false;
  #timer: NodeJS.Timeout | undefined;
  #held = false;
  #pace: Pace = 'free';

  constructor(
    from: Socket,
    private readonly to: Socket,
    said: () => void,
  ) {
    from.on('data', (chunk) => {
      this.#kept.push(chunk);
      this.#flow();
      said();
    });
    for (const event of ['end', 'close'] as const)
      from.on(event, () => {
        this.#ended = true;
        this.#flow();
      });
  }

  set held(held: boolean) {
    this.#held = held;
    this.#flow();
  }

  set pace(pace: Pace) {
    this.#pace = pace;
    this.#flow();
  }

  #flow(): void {
    if (this.#held || this.#pace === 'still' || this.#timer) return;
    if (this.#pace === 'slow' && this.#kept.length > 0) {
      this.#trickle();
      return;
    }
    for (const chunk of this.#kept) if (this.to.writable) this.to.write(chunk);
    this.#kept = [];
    if (this.#ended && this.to.writable) this.to.end();
  }

  #trickle(): void {
    const all = Buffer.concat(this.#kept);
    if (this.to.writable) this.to.write(all.subarray(0, slowBytes));
    this.#kept = all.length > slowBytes ? [all.subarray(slowBytes)] : [];
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flow();
    }, slowEveryMs);
  }
}
