import { DefaultLogger, Runtime } from '@temporalio/worker';
import { homeAt } from '../../store/home';
import { runWorker } from '../../workers/run';

/** The secured worker in a process of its own, for tests that kill it. Says what it has to say, and `ready` when it serves. */
async function main(folder: string): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const worker = await runWorker(homeAt(folder), (line) => process.stdout.write(`${line}\n`));
  process.once('SIGTERM', () => worker.stop());
  process.stdout.write('ready\n');
  await worker.ended;
}

void main(process.argv[2]!);
