import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Rpm } from '../../model/artifact';
import { TidegateError } from '../../model/errors';
import {
  type OperationAnswer,
  parseOperationAnswer,
  parseStageAnswer,
  type StageAnswer,
} from '../../model/host-answer';
import { callAsRoot } from '../../ops/call';
import { once, script } from '../../ops/script';
import type { ExecResult } from '../../ssh/connection';
import { type Target, targetText } from '../../ssh/target';
import {
  answerCapBytes,
  answerMarginMs,
  hearsBegun,
  type OperationCall,
  operate,
  operationText,
  operationWords,
  type Remote,
} from './remote';

/** A host whose turn does not come is let go of: its operation takes a session of its own then. */
const heldMs = 60_000;

/** As long as a timer can be: each stretch of a session has a limit of its own. */
const longestMs = 2 ** 31 - 1;

/** What is brought to a host, and what it is asked. */
export interface Look {
  readonly rpms: readonly Rpm[];
  readonly names: readonly string[];
  /**
   * `try`, for `rollout check`: rpm is asked what it says of the RPMs, nothing stays on the host, and nothing can be
   * begun. `keep`: for an operation that asks by itself, as it may be turned down; `ask`: rpm is asked before it.
   */
  readonly mode: 'try' | 'keep' | 'ask';
  /** A host that neither takes more nor says anything for so long is given up. */
  readonly silentMs: number;
  readonly connectTimeoutMs: number;
}

/**
 * One login on a host, through sudo: RPMs are brought and the host is looked at (ops/stage.sh), and an operation that
 * begins soon after begins in it too (ops/operation.sh).
 */
export class Session {
  readonly #remote: Remote;
  readonly #target: Target;
  readonly #silentMs: number;
  readonly #cut = new AbortController();
  readonly #run: Promise<ExecResult>;
  readonly #over: Promise<void>;
  /** What the host reads last: an operation, or nothing. */
  #say: (last: string) => void = () => undefined;
  readonly #last = new Promise<string>((resolve) => {
    this.#say = resolve;
  });
  #open: boolean;
  #timer: NodeJS.Timeout | undefined;
  #onChunk: (chunk: Buffer) => void = () => undefined;
  #seenBytes = 0;

  /**
   * What ops/stage.sh said.
   * @throws what ssh/ throws: the host is unreachable, or its key is not the pinned one.
   */
  readonly answer: Promise<StageAnswer>;

  constructor(remote: Remote, target: Target, given: Look) {
    this.#remote = remote;
    this.#target = target;
    this.#open = given.mode !== 'try';
    this.#silentMs = given.silentMs;
    const text = this.#open ? sessionText() : lookText();
    const words = [given.names.join(' '), given.mode.toUpperCase()];
    for (const rpm of given.rpms) words.push(`${rpm.sha256}:${rpm.sizeBytes}`);
    const paths = given.rpms.map((rpm) => remote.files.path(rpm.sha256));
    this.#run = remote.hosts.use(
      target,
      (connection) => {
        this.#cutAfter(given.silentMs);
        return connection.exec(callAsRoot('tidegate-stage', text, words), {
          stdin: Readable.from(this.#parts(text, paths), { highWaterMark: 1 }),
          timeoutMs: longestMs,
          capBytes: answerCapBytes,
          signal: this.#cut.signal,
          onStdout: (chunk) => this.#onChunk(chunk),
        });
      },
      { connectTimeoutMs: given.connectTimeoutMs },
    );
    const over = () => {
      this.#open = false;
      clearTimeout(this.#timer);
      this.#say('');
    };
    this.#over = this.#run.then(over, over);
    if (!this.#open) this.#say('');
    this.answer = this.#look();
  }

  /** Begins an operation, in this session when it is still open; as `operate`. */
  async begin(call: OperationCall): Promise<OperationAnswer> {
    if (!this.#open) return operate(this.#remote, this.#target, call);
    this.#onChunk = hearsBegun(call);
    this.#end(`${operationWords(call).join(' ')}\n${call.request}`, call.waitMs + answerMarginMs);
    const { stdout } = await this.#run;
    return parseOperationAnswer(stdout.subarray(this.#seenBytes).toString());
  }

  /** Nothing is to be begun with what was brought, which the host drops; resolves when the session has ended. */
  leave(): Promise<void> {
    if (this.#open) this.#end('drop\n');
    return this.#over;
  }

  /** What ops/stage.sh says, up to `done`; whatever comes of a session that ends before. */
  async #look(): Promise<StageAnswer> {
    let said = '';
    const complete = new Promise<void>((resolve) => {
      this.#onChunk = (chunk) => {
        this.#seenBytes += chunk.length;
        said += chunk.toString('latin1');
        if (/^done$/m.test(said)) resolve();
      };
    });
    const result = await Promise.race([complete, this.#run]);
    if (!result) {
      if (this.#open) this.#after(heldMs, () => this.#end(''));
      return parseStageAnswer(Buffer.from(said, 'latin1').toString());
    }
    const answer = parseStageAnswer(result.stdout.toString());
    if (answer.complete || answer.refused) return answer;
    const stderr = result.stderr.toString().trim().split('\n').at(-1) ?? '';
    const detail = `exit ${result.code}: ${stderr.slice(0, 300)}`;
    return { ...answer, refused: { code: 'TG_HOST_ANSWER', detail } };
  }

  /** What the host reads. As long as it takes more, the session goes on: how long a set of RPMs takes is the line's matter. */
  async *#parts(text: Buffer, paths: readonly string[]): AsyncGenerator<Buffer> {
    yield text;
    for (const path of paths)
      for await (const chunk of createReadStream(path)) {
        yield chunk as Buffer;
        this.#cutAfter(this.#silentMs);
      }
    const words = await this.#last;
    if (words) yield Buffer.from(words);
  }

  #end(last: string, withinMs = answerMarginMs): void {
    this.#open = false;
    this.#cutAfter(withinMs);
    this.#say(last);
  }

  #cutAfter(ms: number): void {
    this.#after(ms, () => {
      const detail = `${targetText(this.#target)}: no answer within ${ms / 1000} s; what was begun goes on`;
      this.#cut.abort(new TidegateError('TG_EXEC_TIMEOUT', { detail, hosts: [this.#target.name] }));
    });
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms).unref();
  }
}

/** Looks at a host, and begins nothing; as a session of its own. */
export async function stage(remote: Remote, target: Target, given: Look): Promise<StageAnswer> {
  const session = new Session(remote, target, given);
  const answer = await session.answer;
  await session.leave();
  return answer;
}

const lookText = once(() => Buffer.from(script('home.sh') + script('stage.sh')));
const sessionText = once(() => Buffer.concat([lookText(), Buffer.from(operationText())]));
