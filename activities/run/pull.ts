import type { RunRequest, RunTask } from '../../model/run-request';
import type { Connection } from '../../ssh/connection';
import { quote } from '../../ssh/quote';
import type { Files } from '../../store/files';
import { OutputKeep, type Room } from './keep-output';
import type { Answer } from './on-host';

/** A login shell, sudo and locales may say a word before ours. */
const saidBytes = 16 * 1024;

/**
 * Brings a file, or a folder as a tar archive, from one host into the store. It comes on stdout; what it is, or why
 * it does not come, on stderr. What did not come whole, the exit code says, and it does not count as pulled.
 */
export async function pullFiles(
  connection: Connection,
  { sudo }: RunRequest,
  { from }: Extract<RunTask, { verb: 'pull' }>,
  given: { files: Files; room: Room; timeoutMs: number },
): Promise<Answer> {
  const kept = new OutputKeep(given.files, given.room);
  let said = '';
  const shell = quote('sh', '-c', script, 'pull', from);
  try {
    const { code, signal } = await connection.exec(sudo ? `sudo -n -- ${shell}` : shell, {
      timeoutMs: given.timeoutMs,
      capBytes: 0,
      onStdout: (chunk) => kept.add(chunk),
      onStderr: (chunk) => {
        said = (said + chunk.toString()).slice(0, saidBytes);
      },
    });
    const stdout = await kept.end();
    const [, kind] = /^tidegate-pull (file|folder)$/m.exec(said) ?? [];
    const why = said.split('\n').find((line) => line !== '' && !line.startsWith('tidegate-pull '));
    if (code === 0 && !stdout.cut && kind !== undefined) return { outcome: 'ok', code, detail: kind, stdout };
    const detail = stdout.cut
      ? 'it is larger than what the store keeps of one host, or has room for'
      : why?.slice(0, 300).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
    return { outcome: code === null ? 'unknown' : 'failed', code: code ?? undefined, signal, detail };
  } catch (error) {
    kept.drop();
    throw error;
  }
}

/** One line, because the account's login shell may be csh. */
const script = [
  'LC_ALL=C; export LC_ALL',
  'if [ -d "$1" ]; then echo tidegate-pull folder >&2; exec tar -C "$1" -cf - .; fi',
  'echo tidegate-pull file >&2; exec cat -- "$1"',
].join('; ');
