import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { program } from 'commander';
import { quietRuntime } from '../workers/run';
import { kindsWith } from './kinds';
import { faultsOf, type Results, reportText, violationsOf } from './report';
import { carryOut, type Outcome } from './run';
import { runOf } from './schedule';
import { withSetting } from './setting';

interface Options {
  readonly faults: number;
  readonly seed: string;
  readonly hosts: number;
  readonly labs: number;
  readonly only?: string;
  readonly run?: number;
  readonly minutes: number;
  readonly results?: string;
}

const tell = (line: string) => process.stderr.write(`${line}\n`);

/** Rollouts on labs, disturbed by a schedule of faults that its seed decides. Exits with 1 when a promise was not kept. */
async function main(): Promise<void> {
  const given = readOptions();
  const results = resultsSoFar(given);
  // Also of rollouts that are not over: a further one is begun only when it is needed.
  let happened = faultsOf(results);
  const count = () => {
    happened += 1;
  };
  const runs = runNumbers(given, results, () => happened < given.faults);
  quietRuntime(() => undefined);
  const of = kindsWith(given.only);
  const stop = stopper();
  const labs = Array.from({ length: given.run === undefined ? given.labs : 1 }, () =>
    withSetting({ hosts: given.hosts, tell, stop: stop.signal }, async (setting) => {
      const hosts = setting.lab.hosts.map(({ name }) => name);
      for (const number of runs) {
        const outcome = await carryOut(setting, runOf(given.seed, number, hosts, of), count);
        results.outcomes.push(outcome);
        tell(lineOf(outcome));
        if (given.results) keep(given.results, results);
      }
    }).catch((error: unknown) => stop.abort(error)),
  );
  await Promise.all(labs);
  if (stop.signal.aborted) throw stop.signal.reason;
  process.stdout.write(`${reportText(results)}\n`);
  process.exitCode = violationsOf(results).length > 0 ? 1 : 0;
}

/** The runs that are still to be carried out, for whichever lab is free. */
function* runNumbers({ run, minutes }: Options, results: Results, more: () => boolean): Generator<number> {
  if (run !== undefined) {
    yield run;
    return;
  }
  const endsAtMs = performance.now() + minutes * 60_000;
  const done = new Set(results.outcomes.map((outcome) => outcome.run));
  for (let number = 1; more() && performance.now() < endsAtMs; number += 1)
    if (!done.has(number)) yield number;
}

function readOptions(): Options {
  return program
    .name('npm run chaos --')
    .description(
      'disturbs rollouts on a lab of its own by faults that the seed decides, and asks every host what came of it',
    )
    .option('--faults <number>', 'begins no further rollout when so many have happened', Number, 100)
    .option(
      '--seed <text>',
      'the same seed, the same faults at the same steps',
      randomBytes(4).toString('hex'),
    )
    .option('--hosts <number>', 'hosts of the lab, beside the control instance', Number, 12)
    .option('--only <text>', 'only faults in whose place or name the text is: worker, killed, full')
    .option('--labs <number>', 'labs side by side: a rollout waits more than it works', Number, 1)
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
function resultsSoFar({ results: file, seed, hosts, only }: Options): Results {
  if (!file || !existsSync(file)) return { seed, hosts, only, outcomes: [] };
  const kept: Results = JSON.parse(readFileSync(file, 'utf8'));
  if (kept.seed !== seed || kept.hosts !== hosts || kept.only !== only)
    throw new Error(
      `${file} is of seed ${kept.seed}, ${kept.hosts} hosts${kept.only ? `, ${kept.only}` : ''}`,
    );
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

/** Stops when a person, or whoever limits our time, says so: the labs would outlive their processes. */
function stopper(): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  return stop;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  // A rollout that was left in the middle is still watched.
  process.exit(1);
});
