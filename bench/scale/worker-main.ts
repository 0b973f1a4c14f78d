import { SimulatedReach } from '../../lab/simulation/reach';
import { homeAt } from '../../store/home';
import { quietRuntime, runWorker } from '../../workers/run';

/** The secured worker as it is, but for its hosts: they are those of the simulation that listens on a socket. */
async function main(folder: string, socket: string): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  quietRuntime(say);
  const worker = await runWorker(homeAt(folder), say, () => SimulatedReach.connect(socket));
  process.once('SIGTERM', () => worker.stop());
  process.stdout.write('ready\n');
  await worker.ended;
  process.exit();
}

void main(process.argv[2]!, process.argv[3]!);
