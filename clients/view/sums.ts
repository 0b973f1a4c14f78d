export { counted } from '../../model/counted';

export interface Part {
  readonly count: number;
  readonly label: string;
}

/**
 * `731 = 129 applied + 13 now + 589 pending`: parts of nothing are left out, except those in `always`.
 * @throws RangeError when the parts do not add up: a host is in exactly one state (DESIGN.md, Words).
 */
export function sumsLine(total: number, parts: readonly Part[], always: readonly string[] = []): string {
  const sum = parts.reduce((before, { count }) => before + count, 0);
  if (sum !== total) throw new RangeError(`${total} hosts, but their states add up to ${sum}`);
  const shown = parts.filter(({ count, label }) => count > 0 || always.includes(label));
  if (shown.length === 0) return `${total} hosts`;
  return `${total} = ${shown.map(({ count, label }) => `${count} ${label}`).join(' + ')}`;
}
