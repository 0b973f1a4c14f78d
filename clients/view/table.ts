import Table from 'cli-table3';
import { visibleWidth } from './wrap';

export interface Column {
  readonly title: string;
  /** Numbers are set to the right. */
  readonly align?: 'left' | 'right';
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/**
 * The one way that tables are drawn: aligned columns, two spaces apart, no borders. When they are wider than
 * `width`, the last column is cut to fit, with an ellipsis; in a pipe (Infinity) nothing is cut.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const drawn = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: noBorders,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: lastColumnFits(columns, rows, width),
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A column narrower than this says nothing; the line is then longer than the screen instead. */
const narrowestColumn = 10;

function lastColumnFits(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): (number | null)[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map(visibleWidth)),
  );
  const before = widths.slice(0, -1).reduce((sum, column) => sum + column + 2, 0);
  const left = Math.max(width - before, narrowestColumn);
  return widths.map((column, index) => (index === columns.length - 1 && column > left ? left : null));
}
