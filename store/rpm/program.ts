import { execFile } from 'node:child_process';
import { TidegateError } from '../../model/errors';

interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** rpm and gpg on one package take seconds; a program that hangs (a pinentry, say) must not hold the worker. */
const programTimeoutMs = 10 * 60_000;
const outputCapBytes = 16 * 1024 * 1024;
/** The exit code of one that complains without end of what it is given, and is ended: as of one that failed. */
const printedTooMuch = 1;

/**
 * Runs rpm, rpmkeys, rpmsign, gpg, tar or git on this machine, in the C locale, without a shell.
 * @param options.encoding - `latin1` for output that is bytes rather than text.
 * @returns its exit code and what it said; a code other than 0 is for the caller to judge.
 * @throws TG_PROGRAM_MISSING; TG_INTERNAL when it was killed.
 */
export function runProgram(
  program: string,
  words: readonly string[],
  options: { folder?: string; stdin?: Buffer; encoding?: 'utf8' | 'latin1' } = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      words,
      {
        cwd: options.folder,
        env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
        timeout: programTimeoutMs,
        maxBuffer: outputCapBytes,
        encoding: options.encoding ?? 'utf8',
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (error.code === 'ENOENT')
          reject(
            new TidegateError('TG_PROGRAM_MISSING', `${program} is not on PATH of the secured instance`),
          );
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else if (String(error.code) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
          resolve({ code: printedTooMuch, stdout, stderr });
        else
          reject(
            new TidegateError('TG_INTERNAL', `${program} was killed: ${error.message}`, { cause: error }),
          );
      },
    );
    child.stdin?.on('error', () => {}); // It may end without reading: its exit code says so.
    child.stdin?.end(options.stdin);
  });
}
