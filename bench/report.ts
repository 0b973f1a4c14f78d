import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parts } from './parts';
import { plotTable } from './plot';
import { medianOf, type Table } from './results';
import { names } from './settings';
import { aligned, machineText, markdown } from './tables';
import { type Target, targetsOf } from './targets';

/** @returns the tables and the targets as plain text */
export function reportText(tables: ReadonlyMap<string, Table>): string {
  const blocks = inOrder(tables).map(([, table]) => {
    return [headline(table), machineLine(table), ...aligned(rowsOf(table)), ...remarksOf(table)].join('\n');
  });
  return [...blocks, targetsOf(tables).map(targetLine).join('\n')].join('\n\n').replaceAll('`', '');
}

/** Writes README.md and a plot for each part into the folder of the kept parts. */
export function writeReport(folder: string, tables: ReadonlyMap<string, Table>): void {
  const sections = inOrder(tables).map(([part, table]) => {
    const drawn = plotTable(join(folder, `${part}.svg`), table);
    return [
      `## ${part}: ${headline(table)}`,
      machineLine(table),
      markdown(rowsOf(table)),
      remarksOf(table).join(' '),
      ...(drawn ? [`![${table.title.replaceAll('`', '')}](${part}.svg)`] : []),
    ].join('\n\n');
  });
  const targets = targetsOf(tables);
  const page = [
    '# Figures',
    'Made by `npm run bench`; what they mean and where the time goes is told in [benchmarks](../benchmarks.md).',
    '## Targets',
    markdown([['target', 'limit', 'measured', ''], ...targets.map(targetRow)]),
    ...sections,
  ];
  writeFileSync(join(folder, 'README.md'), `${page.join('\n\n')}\n`);
}

/** As they are done, whatever the order of their files. */
function inOrder(tables: ReadonlyMap<string, Table>): [string, Table][] {
  return Object.keys(parts).flatMap((part): [string, Table][] => {
    const table = tables.get(part);
    return table === undefined ? [] : [[part, table]];
  });
}

function remarksOf({ remarks, results }: Table): string[] {
  const failed = results.flatMap(({ name, failures }) =>
    failures.map((failure) => `${name} failed in a round, which is left out: ${failure}`),
  );
  return [...remarks, ...failed];
}

const headline = ({ title, hosts, setting }: Table) => `${title}; ${hosts} hosts; ${setting}`;

function machineLine({ machine, results }: Table): string {
  const rounds = Math.max(0, ...results.map((result) => result.rounds.length));
  return `${machineText(machine)}; medians of ${rounds} rounds in turn, of fewer where it says so`;
}

/** The ratio is of wall times, to tidegate's without open connections. */
function rowsOf(table: Table): string[][] {
  const ours = [names.tidegate, names.defaultLimits]
    .map((name) => medianOf(table, name, 'wallSeconds'))
    .find((value) => value !== undefined);
  const rows = table.results.map(({ name, version, absent, rounds }) => {
    const [wall, cpu, memory] = (['wallSeconds', 'cpuSeconds', 'peakMiB'] as const).map((quantity) =>
      medianOf(table, name, quantity),
    );
    if (wall === undefined) return [name, version, absent ?? 'failed', '', '', '', ''];
    const ratio = ours === undefined ? '' : `${(wall / ours).toFixed(2)}`;
    return [
      name,
      version,
      wall.toFixed(2),
      ratio,
      (cpu ?? 0).toFixed(2),
      memory ? memory.toFixed(0) : '',
      String(rounds.length),
    ];
  });
  return [['', 'version', 'wall s', '× tidegate', 'CPU s', 'peak MiB', 'rounds'], ...rows];
}

const shown = ({ unit }: Target, value: number) =>
  unit === 'ms' ? `${value.toFixed(0)} ms` : `${value.toFixed(2)} ×`;
const targetRow = (target: Target) => [
  target.what,
  shown(target, target.limit),
  shown(target, target.value),
  target.met ? 'met' : '**missed**',
];
const targetLine = (target: Target) =>
  `${target.what} ${shown(target, target.limit)}: ${shown(target, target.value)} ${target.met ? 'met' : 'MISSED'}`;
