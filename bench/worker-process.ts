import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** `tidegate worker` in a process of its own, as people run it; resolves when it serves. */
export async function startWorker(home: string): Promise<{ readonly pid: number; stop(): Promise<void> }> {
  const cli = join(__dirname, '..', 'clients', 'cli.js');
  const child = spawn(process.execPath, [cli, 'worker', '--home', home], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`the worker ended: ${said}`))),
  ]);
  child.stdout.resume();
  return {
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
