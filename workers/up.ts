import { TidegateError } from '../model/errors';
import type { Home } from '../store/home';
import { overSsh } from './reach';
import { takeState } from './run';
import { serve } from './serve';
import { namedServer } from './temporal/connection';
import { keepServerRunning } from './temporal/keep-running';
import { choosePorts, type Ports } from './temporal/ports';

/** Where people find what `up` has started. */
export interface Started {
  readonly address: string;
  readonly uiUrl: string;
}

/**
 * Runs the embedded Temporal server and the secured worker until told to stop; then the worker first, so that its
 * activities can report, and the server last.
 * @param given - ports of the server; the usual ones when they are free, else any
 * @param ready - called once, when rollouts can be started
 * @throws TG_TEMPORAL_ELSEWHERE, TG_WORKER_RUNNING, TG_TEMPORAL_MISSING, TG_TEMPORAL_START, and as runWorker
 */
export async function up(
  home: Home,
  given: Partial<Ports>,
  stop: AbortSignal,
  { say, ready }: { say(line: string): void; ready(started: Started): void },
): Promise<void> {
  const elsewhere = namedServer();
  if (elsewhere)
    throw new TidegateError('TG_TEMPORAL_ELSEWHERE', {
      detail: `Temporal is at ${elsewhere.options.address}, so no server is started here`,
      next: 'tidegate worker',
    });
  // Held before the server is started: a server that was left behind by a killed process is then nobody's.
  const lock = await takeState(home);
  try {
    const server = await keepServerRunning(home, await choosePorts(given), say);
    try {
      const worker = await serve(home, say, overSsh);
      ready(server);
      const asked = new Promise<void>((resolve) => {
        if (stop.aborted) resolve();
        stop.addEventListener('abort', () => resolve(), { once: true });
      });
      try {
        await Promise.race([asked, worker.ended, server.ended]);
      } finally {
        worker.stop();
        await worker.ended;
      }
    } finally {
      await server.stop();
    }
  } finally {
    await lock.release();
  }
}
