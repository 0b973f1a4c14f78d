import { kinds } from './kinds';
import type { Outcome } from './run';

/** What all runs of a seed came to. */
export interface Results {
  readonly seed: string;
  readonly hosts: number;
  /** Only faults with this in their place or name. */
  readonly only?: string;
  readonly outcomes: Outcome[];
}

export const faultsOf = ({ outcomes }: Results) =>
  outcomes.reduce((sum, { happened }) => sum + happened.length, 0);
export const violationsOf = ({ outcomes }: Results) =>
  outcomes.flatMap(({ run, violations }) => violations.map((violation) => ({ run, ...violation })));

/** The table of faults by kind, what was violated and how to see it again, and how fast killed workers were replaced. */
export function reportText(results: Results): string {
  const { seed, hosts, only, outcomes } = results;
  const violations = violationsOf(results);
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  const operations = outcomes.reduce((sum, outcome) => sum + outcome.operations, 0);
  const lines = [
    `seed ${seed}: ${faultsOf(results)} faults in ${outcomes.length} rollouts to ${hosts} hosts, ${operations} operations, ${Math.round(seconds / 60)} min`,
    '',
    ...table(results),
    '',
    ...recoveryLines(outcomes),
    violations.length === 0 ? 'violations: none' : `violations: ${violations.length}`,
    ...violations.map(
      ({ run, invariant, host, what }) =>
        `  run ${run}, invariant ${invariant}: ${[host, what].filter(Boolean).join(': ')}\n    again: npm run chaos -- --seed ${seed} --hosts ${hosts}${only ? ` --only '${only}'` : ''} --run ${run}`,
    ),
  ];
  return lines.join('\n');
}

function table({ outcomes }: Results): string[] {
  const happened = outcomes.flatMap((outcome) => outcome.happened);
  const rows = kinds.map(({ name, where }) => {
    const times = happened.filter(({ fault }) => fault.kind === name).length;
    return [where, name, String(times)];
  });
  const head = ['where', 'fault', 'times'];
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]!.length)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  );
}

function recoveryLines(outcomes: readonly Outcome[]): string[] {
  const all = outcomes.flatMap(({ recovered }) => recovered);
  const line = (what: string, list: readonly number[]) =>
    list.length === 0
      ? []
      : [
          `${what}: median ${seconds(median(list))}, at most ${seconds(Math.max(...list))} (${list.length} times)`,
        ];
  return [
    ...line(
      "from a worker's kill -9 to the next operation begun",
      all.filter(({ alone }) => alone).map(({ ms }) => ms),
    ),
    ...line(
      'the same, with other faults in between',
      all.filter(({ alone }) => !alone).map(({ ms }) => ms),
    ),
  ];
}

const median = (list: readonly number[]) =>
  [...list].sort((one, other) => one - other)[Math.floor(list.length / 2)]!;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
