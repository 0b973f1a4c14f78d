/** @returns `██████░░░░`: full only when all is done, not empty once anything is. */
export function bar(done: number, total: number, cells: number): string {
  if (total === 0) return '░'.repeat(cells);
  const exact = (done / total) * cells;
  const full = done === total ? cells : Math.min(cells - 1, Math.max(done > 0 ? 1 : 0, Math.floor(exact)));
  return '█'.repeat(full) + '░'.repeat(cells - full);
}
