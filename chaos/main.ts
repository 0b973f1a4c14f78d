import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { program } from 'commander';
import { quietRuntime } from '../workers/run';
import { faultsOf, type Results, reportText, violationsOf } from './report';
import { carryOut, type Outcome } from './run';
import { runOf } from './schedule';
import { withSetting } from './setting';

interface Options {
  readonly faults: number;
  readonly seed: string;
  readonly hosts: number;
  readonly run?: number;
  readonly minutes: number;
  readonly results?: string;
}

const tell = (line: string) => process.stderr.write(`${line}\n`);

/** Rollouts on a lab, disturbed by a schedule of faults that its seed decides. Exits with 1 when a promise was not kept. */
async function main(): Promise<void> {
  const given = readOptions();
  const results = resultsSoFar(given);
  const endsAtMs = performance.now() + given.minutes * 60_000;
  quietRuntime(() => undefined);
  await Promise.race([
    interrupted(),
    withSetting(
      { name: `chaos-${randomBytes(3).toString('hex')}`, hosts: given.hosts, tell },
      async (setting) => {
        const hosts = setting.web.map(({ name }) => name);
        const carry = async (number: number) => {
          const outcome = await carryOut(setting, runOf(given.seed, number, hosts));
          results.outcomes.push(outcome);
          tell(lineOf(outcome));
          if (given.results) keep(given.results, results);
        };
        if (given.run !== undefined) return carry(given.run);
        while (faultsOf(results) < given.faults && performance.now() < endsAtMs)
          await carry(results.outcomes.length + 1);
      },
    ),
  ]);
  process.stdout.write(`${reportText(results)}\n`);
  process.exitCode = violationsOf(results).length > 0 ? 1 : 0;
}

function readOptions(): Options {
  return program
    .name('npm run chaos --')
    .description(
      'disturbs rollouts on a lab of its own by faults that the seed decides, and asks every host what came of it',
    )
    .option('--faults <number>', 'ends with the rollout in which the so-manieth fault happened', Number, 100)
    .option(
      '--seed <text>',
      'the same seed, the same faults at the same steps',
      randomBytes(4).toString('hex'),
    )
    .option('--hosts <number>', 'hosts of the lab, beside the control instance', Number, 12)
    .option('--run <number>', 'only this rollout of the seed: to see a violation again', Number)
    .option('--minutes <number>', 'begins no further rollout after so long', Number, Number.POSITIVE_INFINITY)
    .option(
      '--results <file>',
      'where results are kept, as JSON; when it is there already, its runs are gone on with',
    )
    .parse()
    .opts<Options>();
}

/** Runs of the same seed that an earlier call has carried out; each starts from hosts in order, so it does not matter who did. */
function resultsSoFar({ results: file, seed, hosts }: Options): Results {
  if (!file || !existsSync(file)) return { seed, hosts, outcomes: [] };
  const kept: Results = JSON.parse(readFileSync(file, 'utf8'));
  if (kept.seed !== seed || kept.hosts !== hosts)
    throw new Error(`${file} is of seed ${kept.seed} and ${kept.hosts} hosts`);
  return kept;
}

function keep(file: string, results: Results): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(results, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

function lineOf({ run, seconds, happened, result, counts, violations }: Outcome): string {
  const states = Object.entries(counts).filter(([, count]) => count > 0);
  const sums = states.map(([state, count]) => `${count} ${state}`).join(', ');
  const faults = happened.map(({ fault }) => `${fault.kind} at ${fault.step}`).join('; ');
  return `run ${run}: ${result} (${sums}) in ${seconds} s\n  ${faults || 'no fault'}${violations.map(({ host, what }) => `\n  VIOLATION ${host} ${what}`).join('')}`;
}

/** Rejects when a person, or whoever limits our time, ends it: the lab outlives its processes. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
