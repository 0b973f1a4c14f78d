import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { versionOf } from './install';
import { medianOf, type Table } from './results';

const panels = [
  ['wallSeconds', 'wall, seconds'],
  ['cpuSeconds', 'CPU, seconds'],
  ['peakMiB', 'peak memory, MiB'],
] as const;
/** The value of the longest bar stands behind it. */
const roomForNumbers = 1.3;
const [widthPixels, rowPixels, framePixels] = [960, 26, 90];

/** Draws a table as bars (medians) with a dot for each round. @returns false when there is nothing to draw it with */
export function plotTable(path: string, table: Table): boolean {
  const results = table.results.filter(({ name }) => medianOf(table, name, 'wallSeconds') !== undefined);
  if (results.length === 0) return false;
  const names = results.map(({ name }, index) => `"${name}" ${index}`).join(', ');
  const drawn = panels.map(([quantity, label], panel) => {
    const bars = results.map(({ name, rounds }, index) => {
      const value = medianOf(table, name, quantity)!;
      const end = Math.max(...rounds.map((round) => round[quantity]));
      return `${value} ${index} ${name.startsWith('tidegate') ? 1 : 2} ${shortNumber(value)} ${end}`;
    });
    const most = Math.max(...results.flatMap(({ rounds }) => rounds.map((round) => round[quantity])));
    const dots = results.flatMap(({ rounds }, index) => rounds.map((round) => `${round[quantity]} ${index}`));
    return `
set xlabel "${label}"
set xrange [0:${most * roomForNumbers || 1}]
set xtics ${tickFor(most)}
${panel === 0 ? `set ytics (${names})` : 'unset ytics\nunset label 1'}
$bars << EOD
${bars.join('\n')}
EOD
$dots << EOD
${dots.join('\n')}
EOD
set lmargin at screen ${0.24 + panel * 0.26}
set rmargin at screen ${0.24 + panel * 0.26 + 0.22}
plot $bars using 1:2:(0):1:($2-0.36):($2+0.36):3 with boxxyerror linecolor variable fill solid noborder, \\
  $dots using 1:2 with points pointtype 7 pointsize 0.25 linecolor rgb "#333333", \\
  $bars using 5:2:4 with labels left offset 0.8,0`;
  });
  return draw(
    path,
    `set terminal svg size ${widthPixels},${framePixels + results.length * rowPixels} font "sans-serif,12" background "#ffffff"
set linetype 1 linecolor rgb "#1f6f8b"
set linetype 2 linecolor rgb "#b9c4c9"
set multiplot
set key off
set border 1
set xtics nomirror autofreq
set ytics nomirror scale 0
set yrange [${results.length - 0.4}:-0.6]
set label 1 "${table.title.replaceAll('`', '')}; ${table.hosts} hosts" at screen 0.01, screen 1 offset 0,-0.8 noenhanced
${drawn.join('\n')}
unset multiplot`,
  );
}

/** Hands gnuplot a script. @returns false when gnuplot is not there */
export function draw(path: string, script: string): boolean {
  if (versionOf('gnuplot') === undefined) return false;
  writeFileSync(path, execFileSync('gnuplot', ['-'], { input: script, stdio: ['pipe', 'pipe', 'inherit'] }));
  return true;
}

/** @returns a distance of 1, 2 or 5 times a power of ten that gives two to five ticks */
function tickFor(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most || 1));
  const [tick] = [5, 2, 1, 0.5].filter((step) => most / (step * power) >= 2);
  return (tick ?? 0.5) * power;
}

const shortNumber = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
