import { type OperationAnswer, parseOperationAnswer } from '../../model/host-answer';
import { callAsRoot } from '../../ops/call';
import { once, script } from '../../ops/script';
import type { Hosts } from '../../ssh/hosts';
import { quote } from '../../ssh/quote';
import type { Target } from '../../ssh/target';
import type { Files } from '../../store/files';

/** What talking to hosts needs. */
export interface Remote {
  readonly hosts: Hosts;
  readonly files: Files;
}

/** A host that answers at all answers in far less; output beyond it is not ours. */
export const answerCapBytes = 256 * 1024;

/** Beyond the host's own wait, for connecting and for the answer to come back. */
export const answerMarginMs = 30_000;

/** An operation that is begun on a host, or attached to. */
export interface OperationCall {
  readonly verb: 'BEGIN' | 'ATTACH';
  readonly operation: string;
  readonly request: string;
  readonly requestDigest: string;
  readonly previous: string;
  readonly epoch: number;
  readonly waitMs: number;
  readonly connectTimeoutMs: number;
  /** Called when the host says that the operation is there. */
  onBegun?(): void;
}

/**
 * Begins an operation on a host, or attaches to it, and waits for its end (ops/operation.sh).
 * @throws what ssh/ throws: whether the operation began is not known then.
 */
export async function operate(remote: Remote, target: Target, call: OperationCall): Promise<OperationAnswer> {
  const said = await askAsRoot(remote.hosts, target, 'tidegate-operation', aloneText(), {
    words: operationWords(call),
    input: call.verb === 'BEGIN' ? call.request : '',
    timeoutMs: call.waitMs + answerMarginMs,
    connectTimeoutMs: call.connectTimeoutMs,
    onStdout: hearsBegun(call),
  });
  return parseOperationAnswer(said);
}

/**
 * Runs a script of ours as root on a host.
 * @param name - by which the host's sudo log tells what it was.
 * @returns what it printed. @throws what ssh/ throws.
 */
export async function askAsRoot(
  hosts: Hosts,
  target: Target,
  name: string,
  text: string,
  given: {
    readonly words?: readonly string[];
    /** What the script itself reads. */
    readonly input?: string;
    readonly timeoutMs: number;
    readonly connectTimeoutMs?: number;
    onStdout?(chunk: Buffer): void;
  },
): Promise<string> {
  const { words = [], input = '', timeoutMs, connectTimeoutMs, onStdout } = given;
  const { stdout } = await hosts.use(
    target,
    (connection) =>
      connection.exec(callAsRoot(name, text, words), {
        stdin: text + input,
        timeoutMs,
        capBytes: answerCapBytes,
        onStdout,
      }),
    { connectTimeoutMs },
  );
  return stdout.toString();
}

/** @returns what listens for the word of the host that the operation is there, in whatever pieces it comes. */
export function hearsBegun(call: OperationCall): (chunk: Buffer) => void {
  let said = '';
  let heard = false;
  return (chunk) => {
    if (heard) return;
    said += chunk.toString('latin1');
    heard = said.includes('begun');
    if (heard) call.onBegun?.();
  };
}

/** ops/operation.sh, which is read after home.sh, with the runner that it leaves on the host. */
export const operationText = once(() => {
  const runner = quote(script('checks.sh') + script('packages.sh') + script('runner.sh'));
  return `tg_runner=${runner}\n${script('operation.sh')}`;
});

/** For an operation that is not begun where its host was looked at. */
const aloneText = once(() => script('home.sh') + operationText());

/** The words that ops/operation.sh takes. */
export function operationWords(call: OperationCall): string[] {
  const { operation, requestDigest, previous, epoch, waitMs, verb } = call;
  const waitSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return [operation, requestDigest, previous, String(epoch), String(waitSeconds), verb];
}

/** Runs check verbs on a host outside of any operation: nothing is written. @returns what ops/checks.sh printed. */
export async function checkOnce(
  remote: Remote,
  target: Target,
  checks: readonly string[],
  given: { timeoutMs: number; connectTimeoutMs: number },
): Promise<string> {
  const text = `${script('checks.sh')}${checks.join('\n')}\nprintf 'state done\\noutcome %s\\n' "${'$'}{tg_failed:-ok}"\n`;
  return askAsRoot(remote.hosts, target, 'tidegate-checks', text, {
    timeoutMs: given.timeoutMs + answerMarginMs,
    connectTimeoutMs: given.connectTimeoutMs,
  });
}
