import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';

/**
 * Runs `work` while this process holds an exclusive flock(2) on `file` (made when absent); waits for it.
 * flock(1) locks a descriptor that it inherits from us and ends: the lock stays with our open file, so the
 * kernel frees it when this process dies, however it dies.
 * @param onWait called once when another process holds the lock
 */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  const handle = await open(file, 'a', 0o600);
  try {
    if (!(await flock(handle.fd, ['--nonblock']))) {
      onWait?.();
      await flock(handle.fd, []);
    }
    return await work();
  } finally {
    await handle.close();
  }
}

async function flock(fd: number, options: string[]): Promise<boolean> {
  const child = spawn('flock', [...options, '--exclusive', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  const [code] = await once(child, 'exit');
  return code === 0;
}
