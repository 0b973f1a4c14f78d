import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxHost } from './host';

/** Where a host's sshd listens while a relay has its port. */
const behindPort = 2223;
/** A reset overtakes bytes that the other side has not read yet. */
const beforeResetMs = 50;

/** The network between a worker and one host, which a test can make bad at any moment. Bytes are counted both ways. */
export class Relay {
  passedBytes = 0;
  /** How often a connection was reset. */
  resets = 0;
  /** How often a connection fell into a black hole. */
  holes = 0;
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** Each connection is reset once so many bytes of its own have passed. */
  resetEachAfterBytes = Number.POSITIVE_INFINITY;
  #once: { readonly atBytes: number; readonly what: 'reset' | 'black hole' } | undefined;
  readonly #ways = new Set<Way>();
  readonly #held = new Map<Direction, { readonly gone: Promise<void>; release(): void }>();

  private constructor(
    private readonly host: SandboxHost,
    private readonly server: Server,
  ) {}

  /** Stands before the host's sshd from now on; connections that are open are cut. */
  static async before(host: SandboxHost): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(host, server);
    host.stopSshd();
    host.startSshd(behindPort);
    server.on('connection', (client) => relay.#take(client));
    await listen(server, host.host.address, host.host.port);
    return relay;
  }

  /** What is connected when so many more bytes have passed is reset, or hears nothing any more; once. */
  after(bytes: number, what: 'reset' | 'black hole'): void {
    this.#once = { atBytes: this.passedBytes + Math.ceil(bytes), what };
  }

  /** Nothing passes in a direction, and nothing is lost, until `release`: as when a cable is out. */
  hold(direction: Direction): void {
    let release = () => {};
    const gone = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held.set(direction, { gone, release });
  }

  release(): void {
    for (const { release } of this.#held.values()) release();
    this.#held.clear();
  }

  /** What is connected now is reset, and what was on its way is lost. */
  resetAll(): void {
    for (const way of this.#ways) this.#reset(way);
  }

  /** The host's sshd is at its own port again. */
  async stop(): Promise<void> {
    for (const way of this.#ways) end(way);
    await new Promise((resolve) => this.server.close(resolve));
    this.host.stopSshd();
    this.host.startSshd();
  }

  #take(client: Socket): void {
    const way = { client, host: connect(behindPort, this.host.host.address), bytes: 0, isHole: false };
    this.#ways.add(way);
    for (const socket of [way.client, way.host]) {
      socket.on('error', () => end(way));
      socket.on('close', () => {
        end(way);
        this.#ways.delete(way);
      });
    }
    void this.#pass(way, 'to the host');
    void this.#pass(way, 'from the host');
  }

  async #pass(way: Way, direction: Direction): Promise<void> {
    const [from, to] = direction === 'to the host' ? [way.client, way.host] : [way.host, way.client];
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#held.get(direction)?.gone;
        if (way.isHole) continue;
        const passes = chunk.subarray(
          0,
          Math.max(0, Math.min(this.#untilOnce(), this.resetEachAfterBytes - way.bytes)),
        );
        if (Number.isFinite(this.bytesPerSecond)) await sleep((passes.length / this.bytesPerSecond) * 1_000);
        this.passedBytes += passes.length;
        way.bytes += passes.length;
        to.write(passes);
        if (this.#untilOnce() <= 0) await this.#breakOnce(way);
        else if (way.bytes >= this.resetEachAfterBytes) await this.#resetSoon(way);
      }
      to.end();
    } catch {
      end(way);
    }
  }

  #untilOnce(): number {
    return (this.#once?.atBytes ?? Number.POSITIVE_INFINITY) - this.passedBytes;
  }

  async #breakOnce(way: Way): Promise<void> {
    const { what } = this.#once!;
    this.#once = undefined;
    if (what === 'reset') return this.#resetSoon(way);
    this.holes += 1;
    way.isHole = true;
  }

  async #resetSoon(way: Way): Promise<void> {
    await sleep(beforeResetMs);
    this.#reset(way);
  }

  #reset(way: Way): void {
    this.resets += 1;
    way.client.resetAndDestroy();
    way.host.destroy();
  }
}

type Direction = 'to the host' | 'from the host';

interface Way {
  readonly client: Socket;
  readonly host: Socket;
  bytes: number;
  isHole: boolean;
}

function end(way: Way): void {
  way.client.destroy();
  way.host.destroy();
}

/** The port may be the ended sshd's for another moment. */
async function listen(server: Server, address: string, port: number): Promise<void> {
  for (;;) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(port, address, () => {
        server.off('error', resolve);
        resolve(undefined);
      });
    });
    if (!error) return;
    if (error.code !== 'EADDRINUSE') throw error;
    await sleep(20);
  }
}
