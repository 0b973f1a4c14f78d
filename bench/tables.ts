import type { Machine } from './machine';

/** @returns what was measured on, in one line */
export function machineText(machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return `${machine.cores} cores of ${machine.processor}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${machine.distribution}; ${versions.join(', ')}`;
}

/** @returns a line for each row, the first two columns to the left */
export function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.filter((row) => row[4] !== '').map((row) => row[column]!.length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** @returns the rows as a table in Markdown, the first of them its head */
export function markdown([head, ...rows]: readonly string[][]): string {
  const rule = head!.map((_, column) => (column < 2 ? '---' : '---:'));
  return [head!, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
