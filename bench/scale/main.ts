import { program } from 'commander';
import { measure } from './measure';
import { missed } from './targets';

/** Rollouts to simulated hosts: what each cost, as JSON, and the targets that it missed. Exits with 3 when there are any. */
async function main(): Promise<void> {
  program
    .argument('[hosts...]', 'sizes', ['1000', '10000', '100000'])
    .option('--disturbed', 'pause it on the way, and kill its worker at half way')
    .option('--worker-flags <flags>', "for the worker's Node: --cpu-prof, --heap-prof …", '')
    .parse();
  const { disturbed = false, workerFlags } = program.opts<{ disturbed?: boolean; workerFlags: string }>();
  for (const hosts of program.processedArgs[0] as string[]) {
    const measured = await measure(Number(hosts), {
      disturbed,
      workerFlags: workerFlags.split(' ').filter(Boolean),
    });
    process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
    for (const what of missed(measured)) {
      process.stdout.write(`MISSED: ${what}\n`);
      process.exitCode = 3;
    }
  }
}

void main();
