import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Starts a TypeScript file in a process of its own, so that a test can stop or kill it. */
export function startTypeScript(file: string, ...words: string[]): ChildProcess {
  return spawn(process.execPath, ['-r', join(__dirname, 'typescript.cjs'), file, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The lines that the process prints, as they come. */
export function linesOf(child: ChildProcess): AsyncIterable<string> {
  return createInterface({ input: child.stdout! });
}

/** Sends SIGKILL and waits until the process is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
