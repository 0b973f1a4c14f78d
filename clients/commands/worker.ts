import { findHome } from '../../store/home';
import { quietRuntime, runWorker } from '../../workers/run';
import { endSoon, stopOnSignal } from '../../workers/signals';
import type { Invocation } from '../verb';

/** Runs the secured worker beside a Temporal server that is there already, until Ctrl-C. */
export async function run({ options, output }: Invocation): Promise<undefined> {
  const home = findHome(options.home);
  quietRuntime(output.note);
  const stop = stopOnSignal(output.note);
  const worker = await runWorker(home, output.note);
  output.write(`${output.colours.good('ready')}   the worker of ${home.folder}; ^C stops it\n`);
  if (stop.aborted) worker.stop();
  stop.addEventListener('abort', () => worker.stop(), { once: true });
  await worker.ended.finally(endSoon);
}
