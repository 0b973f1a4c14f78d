import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { TidegateError } from '../../model/errors';

/** A program may ask a slow cloud's interface for every host; longer than this it hangs. */
const timeoutMs = 60_000;
/** 100,000 hosts with thirty variables each are some 100 MB; more is a program run wild. */
const capBytes = 256 * 1024 * 1024;
/** Enough of its standard error to see why it failed. */
const stderrShown = 2000;

/**
 * Runs an inventory program as Ansible does (`PROGRAM --list`, in its folder).
 * @returns what it printed.
 * @throws TG_INVENTORY_FAILED with the end of its standard error, when it cannot be run, does not end with 0 or
 * within a minute, or prints without end.
 */
export async function runInventoryProgram(path: string, limits = { timeoutMs, capBytes }): Promise<string> {
  const child = spawn(path, ['--list'], {
    cwd: dirname(path),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output: Buffer[] = [];
  let outputBytes = 0;
  let complaint = '';
  let stopped: string | undefined;
  /** The whole process group: a shell script's children hold its output open. */
  const stop = (why: string) => {
    if (stopped !== undefined || child.pid === undefined) return;
    stopped = why;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
    child.stdout.destroy();
    child.stderr.destroy();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    outputBytes += chunk.length;
    if (outputBytes > limits.capBytes) stop(`printed more than ${limits.capBytes} bytes`);
    else output.push(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaint = (complaint + chunk).slice(-stderrShown);
  });
  const timer = setTimeout(() => stop(`did not end within ${limits.timeoutMs / 1000} s`), limits.timeoutMs);
  const end = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(cannotRun(error)));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? code}`));
  }).finally(() => clearTimeout(timer));
  const failure = stopped ?? end;
  if (failure === '') return Buffer.concat(output).toString('utf8');
  const said = complaint.trim() === '' ? ', and said nothing on standard error' : `:\n${complaint.trim()}`;
  throw new TidegateError('TG_INVENTORY_FAILED', {
    detail: `${path} --list ${failure}${said}`,
    next: /ENOEXEC|EACCES/.test(failure) ? `chmod -x ${path}   (if it is a list, not a program)` : undefined,
  });
}

function cannotRun(error: Error): string {
  if (error.message.includes('ENOENT'))
    return 'cannot be run: the interpreter in its first line does not exist';
  return `cannot be run (${error.message})`;
}
