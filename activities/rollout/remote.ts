import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Rpm } from '../../model/artifact';
import {
  type OperationAnswer,
  parseOperationAnswer,
  parseStageAnswer,
  type StageAnswer,
} from '../../model/host-answer';
import { callAsRoot } from '../../ops/call';
import { script } from '../../ops/script';
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
const answerCapBytes = 256 * 1024;

/** Beyond the host's own wait, for connecting and for the answer to come back. */
const answerMarginMs = 30_000;

/**
 * Brings RPMs to a host and looks at it, in one round trip (ops/stage.sh).
 * @param keep - false for `rollout check`: nothing stays on the host.
 * @throws what ssh/ throws: the host is unreachable, or its key is not the pinned one.
 */
export async function stage(
  remote: Remote,
  target: Target,
  given: {
    rpms: readonly Rpm[];
    names: readonly string[];
    keep: boolean;
    timeoutMs: number;
    connectTimeoutMs: number;
  },
): Promise<StageAnswer> {
  const text = script('home.sh') + script('stage.sh');
  const words = [given.names.join(' '), given.keep ? 'KEEP' : 'TRY'];
  for (const rpm of given.rpms) words.push(`${rpm.sha256}:${rpm.sizeBytes}`);
  const result = await remote.hosts.use(
    target,
    (connection) =>
      connection.exec(callAsRoot('tidegate-stage', text, words), {
        stdin: Readable.from(
          parts(
            text,
            given.rpms.map((rpm) => remote.files.path(rpm.sha256)),
          ),
        ),
        timeoutMs: given.timeoutMs,
        capBytes: answerCapBytes,
      }),
    { connectTimeoutMs: given.connectTimeoutMs },
  );
  const answer = parseStageAnswer(result.stdout.toString());
  if (answer.complete || answer.refused) return answer;
  const said = result.stderr.toString().trim().split('\n').at(-1) ?? '';
  return {
    ...answer,
    refused: { code: 'TG_HOST_ANSWER', detail: `exit ${result.code}: ${said.slice(0, 300)}` },
  };
}

/**
 * Begins an operation on a host, or attaches to it, and waits for its end (ops/operation.sh).
 * @param onBegun - called when the host says that the operation is there.
 */
export async function operate(
  remote: Remote,
  target: Target,
  given: {
    verb: 'BEGIN' | 'ATTACH';
    operation: string;
    request: string;
    requestDigest: string;
    previous: string;
    epoch: number;
    waitMs: number;
    connectTimeoutMs: number;
    onBegun?(): void;
  },
): Promise<OperationAnswer> {
  const text = `${script('home.sh')}tg_runner=${quote(script('checks.sh') + script('runner.sh'))}\n${script('operation.sh')}`;
  const words = [
    given.operation,
    given.requestDigest,
    given.previous,
    String(given.epoch),
    String(Math.max(1, Math.ceil(given.waitMs / 1000))),
    given.verb,
  ];
  const result = await remote.hosts.use(
    target,
    (connection) =>
      connection.exec(callAsRoot('tidegate-operation', text, words), {
        stdin: text + (given.verb === 'BEGIN' ? given.request : ''),
        timeoutMs: given.waitMs + answerMarginMs,
        capBytes: answerCapBytes,
        onStdout: (chunk) => {
          if (chunk.includes('begun')) given.onBegun?.();
        },
      }),
    { connectTimeoutMs: given.connectTimeoutMs },
  );
  return parseOperationAnswer(result.stdout.toString());
}

/** Runs check verbs on a host outside of any operation: nothing is written. @returns what ops/checks.sh printed. */
export async function checkOnce(
  remote: Remote,
  target: Target,
  checks: readonly string[],
  given: { timeoutMs: number; connectTimeoutMs: number },
): Promise<string> {
  const text = `${script('checks.sh')}${checks.join('\n')}\nprintf 'state done\\noutcome %s\\n' "${'$'}{tg_failed:-ok}"\n`;
  const result = await remote.hosts.use(
    target,
    (connection) =>
      connection.exec(callAsRoot('tidegate-checks', text, []), {
        stdin: text,
        timeoutMs: given.timeoutMs + answerMarginMs,
        capBytes: answerCapBytes,
      }),
    { connectTimeoutMs: given.connectTimeoutMs },
  );
  return result.stdout.toString();
}

async function* parts(text: string, paths: readonly string[]): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
  for (const path of paths) for await (const chunk of createReadStream(path)) yield chunk as Buffer;
}
