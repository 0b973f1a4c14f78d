import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { draw } from '../plot';
import { aligned, machineText, markdown } from '../tables';
import type { Measured, Results } from './results';
import { type Target, targetsOf } from './targets';

/** @returns the runs and what they were to keep to, as plain text */
export function reportText({ machine, runs }: Results): string {
  const targets = targetsOf(runs).map(
    ({ what, value, limit, met }) => `${what} <= ${limit}: ${shown(value)} ${met ? 'met' : 'MISSED'}`,
  );
  const disturbed = runs.some((run) => run.disturbed) ? ['', ...aligned(disturbedRows(runs))] : [];
  return [machineText(machine), ...aligned(rowsOf(runs)), ...disturbed, '', ...targets].join('\n');
}

/** Writes a page and a plot beside the file that the results are kept in. */
export function writeReport(jsonPath: string, { machine, runs }: Results): void {
  const plot = join(dirname(jsonPath), 'scale.svg');
  const drawn = plotRuns(
    plot,
    runs.filter(({ disturbed }) => !disturbed),
  );
  const page = [
    '# Rollouts to simulated hosts',
    'Made by `npm run bench:scale`; what is simulated and where the time goes is told in [benchmarks](../benchmarks.md).',
    `${machineText(machine)}; one run each`,
    markdown(rowsOf(runs)),
    ...(runs.some((run) => run.disturbed)
      ? [
          'Paused at a quarter of the hosts, and the worker killed by kill -9 at half of them; operations last longer there.',
          markdown(disturbedRows(runs)),
        ]
      : []),
    '## Targets',
    markdown([['target', 'limit', 'measured', ''], ...targetsOf(runs).map(targetRow)]),
    ...(drawn ? ['![cost a host and peak memory by the number of hosts](scale.svg)'] : []),
  ];
  writeFileSync(join(dirname(jsonPath), 'scale.md'), `${page.join('\n\n')}\n`);
}

function rowsOf(runs: readonly Measured[]): string[][] {
  const head = ['hosts', 'rollout s', 'wall ms a host', 'CPU ms a host', 'events a host', 'largest history'];
  const rows = runs.map((run) => [
    `${grouped(run.hosts)}${run.disturbed ? ', disturbed' : ''}`,
    shown(run.rolloutSeconds),
    shown((run.rolloutSeconds * 1000) / run.hosts),
    shown((run.cpuSeconds * 1000) / run.hosts),
    (run.events / run.hosts).toFixed(3),
    String(run.largestHistory.events),
    `${shown(run.largestPayload.bytes / 1024)}`,
    run.workerPeakMiB.toFixed(0),
    run.serverPeakMiB.toFixed(0),
  ]);
  return [[...head, 'largest payload KiB', 'worker MiB', 'server MiB'], ...rows];
}

function disturbedRows(runs: readonly Measured[]): string[][] {
  const rows = runs.flatMap(({ hosts, disturbed, disagreements }) => {
    if (!disturbed) return [];
    const { pause, killed } = disturbed;
    const numbers = [pause.effectSeconds, pause.begunAfter, killed.atHosts, killed.recoverySeconds];
    return [[grouped(hosts), ...numbers.map(shown), String(disagreements.length)]];
  });
  const head = ['hosts', 'pause took effect after s', 'begun after it', 'worker killed at'];
  return [[...head, 'went on after s', 'hosts that ledger and simulation disagree on'], ...rows];
}

/** 100,000 is read at a glance, 100000 is counted. */
const grouped = (hosts: number) => hosts.toLocaleString('en-US');
const shown = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2));
const targetRow = ({ what, limit, value, met }: Target) => [
  what,
  `≤ ${limit}`,
  shown(value),
  met ? 'met' : '**missed**',
];

const panels: readonly [label: string, lines: readonly [title: string, of: (run: Measured) => number][]][] = [
  [
    'ms a host',
    [
      ['wall', (run) => (run.rolloutSeconds * 1000) / run.hosts],
      ['CPU', (run) => (run.cpuSeconds * 1000) / run.hosts],
    ],
  ],
  ['events a host', [['events', (run) => run.events / run.hosts]]],
  [
    'peak memory, MiB',
    [
      ['worker', (run) => run.workerPeakMiB],
      ['server', (run) => run.serverPeakMiB],
    ],
  ],
];

/** The names of the lines stand above them. */
const roomForKey = 1.4;

/** @returns false when there is nothing to draw, or nothing to draw it with */
function plotRuns(path: string, runs: readonly Measured[]): boolean {
  if (runs.length < 2) return false;
  const drawn = panels.map(([label, lines], panel) => {
    const data = lines.map(
      ([, of], line) =>
        `$p${panel}l${line} << EOD\n${runs.map((run) => `${run.hosts} ${of(run)}`).join('\n')}\nEOD`,
    );
    const plots = lines.map(
      ([title], line) =>
        `$p${panel}l${line} using 1:2 with linespoints linetype ${line + 1} linewidth 2 pointtype 7 pointsize 0.5 title "${title}"`,
    );
    return `
${data.join('\n')}
set title "${label}"
set lmargin at screen ${0.06 + panel * 0.33}
set rmargin at screen ${0.06 + panel * 0.33 + 0.24}
set yrange [0:${roomForKey * Math.max(...lines.flatMap(([, of]) => runs.map(of)))}]
plot ${plots.join(', ')}`;
  });
  return draw(
    path,
    `set terminal svg size 960,300 font "sans-serif,12" background "#ffffff"
set linetype 1 linecolor rgb "#1f6f8b"
set linetype 2 linecolor rgb "#b9c4c9"
set multiplot
set border 3
set logscale x
set xlabel "hosts"
set xtics nomirror (${runs.map(({ hosts }) => `"${grouped(hosts)}" ${hosts}`).join(', ')})
set ytics nomirror
set bmargin at screen 0.2
set tmargin at screen 0.86
set key top right
${drawn.join('\n')}
unset multiplot`,
  );
}
