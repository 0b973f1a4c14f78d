import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { isErrorCode, TidegateError } from '../../model/errors';
import { parsePushAnswer } from '../../model/push-answer';
import type { PushedFile, RunRequest, RunTask } from '../../model/run-request';
import { call, callAsRoot } from '../../ops/call';
import { script } from '../../ops/script';
import type { Connection } from '../../ssh/connection';
import type { Files } from '../../store/files';
import type { Answer } from './on-host';

/** An answer is two short lines a file. */
const answerBytesPerFile = 64;
const answerMarginBytes = 4096;
/** `ready` may come in two pieces. */
const lookBack = 16;

/**
 * Puts files on one host in one command (ops/push.sh): the host says which it lacks, and is sent those alone; so a
 * push that was interrupted goes on where it stopped.
 * @throws TG_PUSH_FAILED, TG_HOST_FULL, TG_STAGE_DAMAGED; what exec() throws
 */
export async function pushFiles(
  connection: Connection,
  { sudo }: RunRequest,
  task: Extract<RunTask, { verb: 'push' }>,
  given: { files: Files; pushed: readonly PushedFile[]; timeoutMs: number },
): Promise<Answer> {
  const entries = given.pushed;
  const list = Buffer.from(entries.map(lineOf).join(''));
  const text = script('push.sh');
  const words = [task.dryRun ? 'DRY' : 'SEND', task.to, task.owner ?? '', String(list.length)];
  const answerCapBytes = answerMarginBytes + entries.length * answerBytesPerFile;
  const heard = new Answering(answerCapBytes);
  const result = await connection.exec((sudo ? callAsRoot : call)('tidegate-push', text, words), {
    stdin: Readable.from(bytesFor(text, list, entries, heard, given.files)),
    timeoutMs: given.timeoutMs,
    capBytes: answerCapBytes,
    onStdout: (chunk) => heard.add(chunk),
  });
  heard.end();
  const answer = parsePushAnswer(heard.text);
  if (answer.refused) throw refusal(connection, answer.refused);
  if (result.code !== 0 || answer.entries !== entries.length) {
    const said = result.stderr.toString().trim().split('\n').at(-1) ?? '';
    throw refusal(connection, {
      code: 'TG_PUSH_FAILED',
      detail: said || `exit ${result.code ?? result.signal}`,
    });
  }
  const changed = answer.wanted.length + answer.modes;
  const verb = task.dryRun ? 'would push' : 'pushed';
  const detail = changed === 0 ? 'unchanged' : `${verb} ${changed} of ${entries.length}`;
  return { outcome: 'ok', code: 0, detail };
}

const lineOf = ({ sha256, sizeBytes, mode, path }: PushedFile) =>
  `${sha256 ?? '-'} ${sizeBytes} ${mode.toString(8)} ${path}\n`;

async function* bytesFor(
  text: string,
  list: Buffer,
  entries: readonly PushedFile[],
  heard: Answering,
  files: Files,
): AsyncGenerator<Buffer> {
  yield Buffer.concat([Buffer.from(text), list]);
  await heard.ready;
  for (const number of new Set(parsePushAnswer(heard.text).wanted)) {
    const digest = entries[number]?.sha256;
    if (digest !== undefined)
      for await (const chunk of createReadStream(files.path(digest))) yield chunk as Buffer;
  }
}

/** What the host has said so far, and when it waits for content (or has ended, and waits for nothing). */
class Answering {
  text = '';
  readonly ready: Promise<void>;
  #isReady: () => void = () => undefined;
  #sought = true;

  constructor(private readonly capBytes: number) {
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
  }

  add(chunk: Buffer): void {
    if (this.text.length + chunk.length > this.capBytes)
      throw new TidegateError('TG_PUSH_FAILED', 'the host answers what our shell does not print');
    const seenLength = Math.max(0, this.text.length - lookBack);
    this.text += chunk.toString('latin1');
    if (!this.#sought || !/^(ready|refused)\b/m.test(this.text.slice(seenLength))) return;
    this.#sought = false;
    this.#isReady();
  }

  end(): void {
    this.#isReady();
  }
}

function refusal(connection: Connection, { code, detail }: { code: string; detail: string }): TidegateError {
  const name = connection.target.name;
  return new TidegateError(isErrorCode(code) ? code : 'TG_PUSH_FAILED', { detail, hosts: [name] });
}
