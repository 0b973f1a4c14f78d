import { join } from 'node:path';
import { program } from 'commander';
import { describeMachine } from '../machine';
import { measure } from './measure';
import { reportText, writeReport } from './report';
import { keepRuns, type Measured } from './results';
import { targetsOf } from './targets';

/** Rollouts to simulated hosts: what each cost is kept, and drawn. Exits with 3 when one of them missed a target. */
async function main(): Promise<void> {
  program
    .name('npm run bench:scale --')
    .argument('[hosts...]', 'sizes', ['1000', '10000', '100000'])
    .option('--disturbed', 'pause it on the way, and kill its worker at half way')
    .option('--worker-flags <flags>', "for the worker's Node: --cpu-prof, --heap-prof …", '')
    .option('--results <file>', 'where figures are kept', join(__dirname, '../../../docs/bench/scale.json'))
    .parse();
  const given = program.opts<{ disturbed?: boolean; workerFlags: string; results: string }>();
  const machine = await describeMachine();
  const runs: Measured[] = [];
  for (const hosts of program.processedArgs[0] as string[]) {
    const disturbed = given.disturbed ?? false;
    const workerFlags = given.workerFlags.split(' ').filter(Boolean);
    runs.push(await measure(Number(hosts), { disturbed, workerFlags }));
    // A longer one may be interrupted.
    writeReport(given.results, keepRuns(given.results, { machine, runs }));
  }
  process.stdout.write(`${reportText({ machine, runs })}\n`);
  if (targetsOf(runs).some(({ met }) => !met)) process.exitCode = 3;
}

void main();
