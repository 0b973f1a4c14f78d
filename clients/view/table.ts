import { cut, visibleWidth } from './wrap';

export interface Column {
  readonly title: string;
  /** Numbers are set to the right. */
  readonly align?: 'left' | 'right';
}

/** A column narrower than this says nothing; the line is then longer than the screen instead. */
const narrowestColumn = 10;

/**
 * The one way that tables are drawn: aligned columns, two spaces apart, no borders. When they are wider than
 * `width`, the last column is cut to fit, with an ellipsis; in a pipe (Infinity) nothing is cut.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => widest(lines, index));
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, column) => sum + column + 2, 0);
  const left = Math.max(width - before, narrowestColumn);
  return lines
    .map((cells) =>
      columns
        .map(({ align }, index) => {
          const cell = cells[index] ?? '';
          if (index === last && align !== 'right') return cut(cell, left);
          const blanks = ' '.repeat(widths[index]! - visibleWidth(cell));
          return align === 'right' ? blanks + cell : cell + blanks;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** In a loop: a fleet has more rows than a function takes arguments. */
function widest(lines: readonly (readonly string[])[], index: number): number {
  let most = 0;
  for (const cells of lines) most = Math.max(most, visibleWidth(cells[index] ?? ''));
  return most;
}
