import type { Home } from '../store/home';
import { runWorker } from './run';
import { namedServer } from './temporal/connection';
import { up } from './up';

/**
 * Does `work` while a worker runs, and a server where none is named by the environment; both are gone afterwards.
 * @throws as `up` and `runWorker`, and what `work` throws
 */
export async function whileRunning<T>(
  home: Home,
  say: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  return namedServer() ? besideServer(home, say, work) : withServer(home, say, work);
}

async function besideServer<T>(home: Home, say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const worker = await runWorker(home, say);
  try {
    return await work();
  } finally {
    worker.stop();
    await worker.ended;
  }
}

async function withServer<T>(home: Home, say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let begin: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const running = up(home, {}, stop.signal, { say, ready: begin });
  const done = (async () => {
    // `up` that ends before it is ready has thrown; when it ends during the work, the work fails by itself.
    await Promise.race([ready, running]);
    return work();
  })();
  try {
    return await done;
  } finally {
    stop.abort();
    await running;
  }
}
