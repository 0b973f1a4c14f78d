import { createHash } from 'node:crypto';
import { TidegateError } from '../../model/errors';
import type { Connection, ExecOptions, ExecResult } from '../../ssh/connection';
import type { Hosts } from '../../ssh/hosts';
import type { Target } from '../../ssh/target';

/**
 * What a simulated host does with its operations. `lost`: the first apply dies; `cut`: the connection ends once the
 * operation has begun; `late`: it ends before, and the begin arrives when the host was already asked about it, for the
 * first apply and the first undo; `stalled`: it is half there when the host is asked; `hangs`: the apply goes on until
 * `end`; `hangs back`: it fails, and its undo goes on until `end`; `stuck`: applying fails, and so does taking it back;
 * `turned down`: rpm refuses before it changes anything; `half-way`: rpm puts the new files in place and records nothing.
 */
export type Behaviour =
  | 'well'
  | 'fails'
  | 'unreachable'
  | 'lost'
  | 'cut'
  | 'late'
  | 'stalled'
  | 'hangs'
  | 'hangs back'
  | 'stuck'
  | 'turned down'
  | 'half-way';

interface SimulatedHost {
  head: string;
  version: string;
  /** Its files are not those of its version. */
  halfWay: boolean;
  /** Operations that can never begin here any more. */
  readonly void: Set<string>;
  /** Begins that are still on their way: the first apply, and the first undo. */
  readonly late: Map<'apply' | 'undo', { readonly operation: string; deliver(): void }>;
  /** Operation → its end, and how it ended. */
  readonly operations: Map<string, { endsAt: number; outcome: string; lost: boolean }>;
}

const turnedDown = 'TG_PREFLIGHT_REFUSED';

/** Who waits for an operation sees that it was ended (`end`) after so long. */
const lookAgainMs = 10;

/**
 * Hosts without machines, behind the interface of ssh/, for counting what happens at once over any sequence of
 * outcomes and restarts. They answer as ops/*.sh do; an operation goes on when nobody is connected.
 */
export class SimulatedHosts implements Hosts {
  readonly hosts = new Map<string, SimulatedHost>();
  readonly begun: string[] = [];
  /** When an operation, of whatever kind, began last: milliseconds since 1970. */
  lastBegunAt = 0;
  /** The most hosts of a domain that had an operation in progress at one moment. */
  readonly peaks = new Map<string, number>();
  readonly #running = new Map<string, ReadonlySet<SimulatedHost>>();
  /** Calls of an older generation are never answered: the worker that made them is dead. */
  generation = 0;
  /** The newest worker that any host has heard of. */
  epoch = 0;
  /** Called before a host answers a worker that lives; what it throws, or a text that it returns, is the answer. */
  before: (name: string, verb: string) => unknown = () => undefined;

  constructor(
    private readonly domainOf: (name: string) => string,
    private readonly behave: (name: string) => Behaviour,
    private readonly lastsMs: (name: string) => number,
    private readonly headers: { before: string; after: string },
  ) {}

  async use<T>(target: Target, work: (connection: Connection) => Promise<T>): Promise<T> {
    const born = this.generation;
    const connection: Connection = {
      target,
      closed: false,
      close() {},
      exec: async (command, options) => {
        const answer = await this.#answer(target.name, command, options, born);
        if (born !== this.generation) return new Promise<ExecResult>(() => undefined);
        return answer;
      },
    };
    return work(connection);
  }

  async #answer(name: string, command: string, options: ExecOptions, born: number): Promise<ExecResult> {
    const [, ...words] = wordsOf(command.slice(command.indexOf(' -c ')));
    const host = this.#host(name);
    await new Promise((resolve) => setTimeout(resolve, this.lastsMs(name) / 4));
    const asked = words[1] === 'tidegate-stage' ? 'STAGE' : words.at(-1)!;
    const said = born === this.generation ? await this.before(name, asked) : undefined;
    if (typeof said === 'string') return result(said);
    if (words[1] === 'tidegate-stage') return this.#stage(name, host);
    const [, , operation, digest, previous, epoch, waitSeconds, verb] = words;
    const known = host.operations.get(operation!);
    const begin = () => this.#begin(name, host, operation!, String(options.stdin), digest!);
    const behaviour = this.behave(name);
    const what = String(options.stdin).includes(this.headers.before) ? 'undo' : 'apply';
    if (verb === 'BEGIN' && (behaviour === 'late' || behaviour === 'stalled') && !host.late.has(what)) {
      host.late.set(what, {
        operation: operation!,
        deliver: () => {
          if (host.head === previous && !host.void.has(operation!) && !host.operations.has(operation!))
            begin();
        },
      });
      throw new TidegateError('TG_CONNECTION_LOST', 'cut');
    }
    const late = [...host.late.values()].find((one) => one.operation === operation);
    if (verb === 'ATTACH' && behaviour === 'stalled' && !known) {
      late?.deliver();
      return result('refused TG_HOST_BUSY another begin has held the lock for 30 s\n');
    }
    let text = '';
    if (!known && verb === 'ATTACH') host.void.add(operation!);
    if (host.void.has(operation!)) text = `state unknown\nhead ${host.head}\n`;
    else {
      if (!known) {
        if (Number(epoch) < this.epoch)
          return result(`refused TG_EPOCH_STALE a worker of epoch ${this.epoch} has been here\n`);
        if (host.head !== previous) return result(`refused TG_HOST_MOVED expected ${previous}\n`);
        begin();
      }
      const going = host.operations.get(operation!)!;
      const { outcome, lost } = going;
      if (born === this.generation)
        for (const piece of ['be', 'gun\n']) options.onStdout?.(Buffer.from(piece));
      if (!known && this.behave(name) === 'cut') throw new TidegateError('TG_CONNECTION_LOST', 'cut');
      const until = performance.now() + Number(waitSeconds) * 1000;
      for (;;) {
        const leftMs = Math.min(going.endsAt, until) - performance.now();
        if (leftMs <= 0 || born !== this.generation) break;
        await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, lookAgainMs)));
      }
      text =
        going.endsAt > performance.now()
          ? 'state running\n'
          : lost
            ? 'state lost\n'
            : `state done\n${outcome === turnedDown ? '' : `began 1\nended 2\ncode 0\n${this.#left(host)}`}outcome ${outcome}\n`;
    }
    if (verb === 'ATTACH') late?.deliver();
    return result(text);
  }

  /** Lets what goes on on a host end now. */
  end(name: string): void {
    for (const operation of this.#host(name).operations.values())
      operation.endsAt = Math.min(operation.endsAt, performance.now());
  }

  #stage(name: string, host: SimulatedHost): ExecResult {
    if (this.behave(name) === 'unreachable') throw new TidegateError('TG_HOST_UNREACHABLE', 'no route');
    return result(
      `${this.#installed(host)}platform sim x86\nhead ${host.head}\nepoch ${this.epoch}\ntest ok\ndone\n`,
    );
  }

  #installed({ version }: SimulatedHost): string {
    const header = version === '1-1' ? this.headers.before : this.headers.after;
    return `installed tgtest 0 ${version.replace('-', ' ')} noarch ${header}\n`;
  }

  #left(host: SimulatedHost): string {
    return `left ${this.#installed(host)}${host.halfWay ? 'left differs ..5......    /opt/tgtest/version\n' : ''}`;
  }

  #begin(name: string, host: SimulatedHost, operation: string, stdin: string, digest: string): void {
    const request = stdin.slice(stdin.lastIndexOf("transaction '"));
    if (createHash('sha256').update(request).digest('hex') !== digest)
      throw new Error('the request is not the one that was named');
    const undo = request.includes(this.headers.before);
    const behaviour = this.behave(name);
    const lost = behaviour === 'lost' && !undo && host.operations.size === 0;
    const fails = behaviour === 'stuck' || (!undo && (behaviour === 'fails' || behaviour === 'hangs back'));
    const refuses = behaviour === 'turned down' && !undo;
    host.halfWay = behaviour === 'half-way' && !undo;
    const outcome = refuses
      ? turnedDown
      : host.halfWay
        ? 'TG_VERIFY_FAILED'
        : fails
          ? 'TG_CHECK_FAILED'
          : 'ok';
    const lastsMs =
      behaviour === (undo ? 'hangs back' : 'hangs') ? Number.POSITIVE_INFINITY : this.lastsMs(name);
    host.operations.set(operation, { endsAt: performance.now() + lastsMs, outcome, lost });
    host.head = operation;
    if (!lost && !refuses && !host.halfWay) host.version = undo ? '1-1' : '2-1';
    if (!undo) this.begun.push(name);
    this.lastBegunAt = Date.now();
    this.#count(this.domainOf(name), host);
  }

  #count(domain: string, host: SimulatedHost): void {
    const now = performance.now();
    const busy = ({ operations }: SimulatedHost) =>
      [...operations.values()].some(({ endsAt }) => endsAt > now);
    const running = new Set([...(this.#running.get(domain) ?? [])].filter(busy)).add(host);
    this.#running.set(domain, running);
    this.peaks.set(domain, Math.max(this.peaks.get(domain) ?? 0, running.size));
  }

  #host(name: string): SimulatedHost {
    let host = this.hosts.get(name);
    if (!host) {
      host = {
        head: 'none',
        version: '1-1',
        halfWay: false,
        void: new Set(),
        late: new Map(),
        operations: new Map(),
      };
      this.hosts.set(name, host);
    }
    return host;
  }
}

/** The words of a command line, quoted by us or plain. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|([^\s']+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

function result(text: string): ExecResult {
  const stdout = Buffer.from(text);
  return { code: 0, stdout, stderr: Buffer.alloc(0), stdoutBytes: stdout.length, stderrBytes: 0 };
}
