import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { TidegateError } from '../model/errors';
import type { Connection, ExecResult } from './connection';
import { quote } from './quote';
import { type Target, targetText } from './target';

export interface Push {
  /** The local file. */
  readonly source: string;
  readonly sizeBytes: number;
  /** Of the content, in hex: what the host computes must be equal. */
  readonly sha256: string;
  /** Absolute; its folder must exist. */
  readonly remotePath: string;
  /** 0o600 when absent. */
  readonly mode?: number;
  /** Write as root, through `sudo -n`. */
  readonly sudo: boolean;
  readonly timeoutMs: number;
}

/**
 * Puts a file on a host in one command: the host says whether it has the content already, takes the stream into a
 * file of its own beside the target, compares the SHA-256, and renames. Readers see the old file or the new one.
 * @throws TidegateError TG_STAGE_DAMAGED when other bytes arrived, TG_HOST_FULL, TG_PUSH_FAILED; what exec() throws
 */
export async function push(connection: Connection, file: Push): Promise<'pushed' | 'unchanged'> {
  const content = new PassThrough();
  let answer = '';
  const feed = (chunk: Buffer) => {
    const before = answer;
    answer += chunk.toString('latin1');
    if (!before.includes(WANTED) && answer.includes(WANTED)) sendFile(file.source, content);
  };
  const result = await connection.exec(commandFor(file), {
    stdin: content,
    timeoutMs: file.timeoutMs,
    capBytes: ANSWER_CAP_BYTES,
    onStdout: feed,
  });
  const last = result.stdout.toString('latin1').trimEnd().split('\n').at(-1);
  if (result.code === 0 && (last === 'pushed' || last === 'unchanged')) return last;
  throw failure(connection.target, file, result, last);
}

const WANTED = 'wanted\n';
const ANSWER_CAP_BYTES = 4096;

function sendFile(source: string, content: PassThrough): void {
  const stream = createReadStream(source);
  stream.once('error', (cause) =>
    content.destroy(new TidegateError('TG_FILE_MISSING', `${source}: ${cause.message}`, { cause })),
  );
  content.once('close', () => stream.destroy());
  stream.pipe(content);
}

function commandFor(file: Push): string {
  const mode = (file.mode ?? 0o600).toString(8);
  const shell = quote('sh', '-c', script, 'push', file.remotePath, String(file.sizeBytes), file.sha256, mode);
  return file.sudo ? `sudo -n -- ${shell}` : shell;
}

/**
 * One line, because the account's login shell may be csh, which takes no newline between quotes. POSIX sh and
 * coreutils. The part file is made by mktemp, so that nobody can have put a link in its place.
 */
const script = [
  'set -eu; umask 077; LC_ALL=C; export LC_ALL; target=$1 size=$2 want=$3 mode=$4',
  'sum() { set -- $(sha256sum); echo "$1"; }',
  'if [ -f "$target" ] && [ ! -L "$target" ] && [ $(wc -c <"$target") -eq "$size" ] && [ "$(sum <"$target")" = "$want" ]; then chmod "$mode" "$target"; echo unchanged; exit 0; fi',
  'if [ -d "$target" ]; then echo "$target is a directory" >&2; exit 1; fi',
  'part=$(mktemp "$target.part.XXXXXX")',
  `trap 'rm -f "$part"' EXIT; trap 'exit 1' HUP INT PIPE TERM`,
  'echo wanted; cat >"$part"',
  'if [ "$(sum <"$part")" != "$want" ]; then echo damaged; exit 1; fi',
  'chmod "$mode" "$part"; mv -f "$part" "$target"; echo pushed',
].join('; ');

function failure(target: Target, file: Push, result: ExecResult, last: string | undefined): TidegateError {
  const says =
    result.stderr.toString().trim().split('\n').at(-1)?.replace(/\p{C}/gu, '?').slice(0, 200) ?? '';
  const make = (code: 'TG_STAGE_DAMAGED' | 'TG_HOST_FULL' | 'TG_PUSH_FAILED', text: string) =>
    new TidegateError(code, {
      detail: `${targetText(target)}: ${file.remotePath}: ${text}`,
      hosts: [target.name],
    });
  if (last === 'damaged')
    return make('TG_STAGE_DAMAGED', `other bytes arrived than SHA-256 ${file.sha256} names`);
  if (/no space left|quota exceeded/i.test(says)) return make('TG_HOST_FULL', says);
  return make(
    'TG_PUSH_FAILED',
    says === '' ? `the host ended with ${result.code ?? result.signal ?? 'no status'}` : says,
  );
}
