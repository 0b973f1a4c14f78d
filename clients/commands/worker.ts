import { findHome } from '../../store/home';
import type { Holder } from '../../store/lock';
import { overSsh } from '../../workers/reach';
import { quietRuntime, runWorker } from '../../workers/run';
import { endSoon, stopOnSignal } from '../../workers/signals';
import type { Invocation } from '../verb';

/** Runs the secured worker beside a Temporal server that is there already, until Ctrl-C. */
export async function run({ options, output }: Invocation<{ standby?: boolean }>): Promise<undefined> {
  const home = findHome(options.home);
  quietRuntime(output.note);
  const stop = stopOnSignal(output.note);
  const standBy = {
    stop,
    waits: ({ machine, pid, since }: Holder) =>
      output.note(`standing by: process ${pid} of ${machine} has been the worker since ${since}`),
  };
  const starting = runWorker(home, output.note, overSsh, options.standby ? standBy : undefined);
  const worker = await starting.catch((error: unknown) => {
    // Told to stop while it stood by: it was no worker, and leaves nothing.
    if (stop.aborted) return undefined;
    throw error;
  });
  if (!worker) {
    endSoon();
    return;
  }
  output.write(
    output.format === 'json'
      ? `${JSON.stringify({ home: home.folder })}\n`
      : `${output.colours.good('ready')}   the worker of ${home.folder}; ^C stops it\n`,
  );
  if (stop.aborted) worker.stop();
  stop.addEventListener('abort', () => worker.stop(), { once: true });
  await worker.ended.finally(endSoon);
}
