/**
 * A count, or a percentage of a whole, as plans write them: `15`, `5%`.
 * @returns whole hosts: percentages are rounded down, and never below 1 (issue ansible#32255 is about the other way).
 */
export function shareOf(share: number | string, whole: number): number {
  if (typeof share === 'number') return share;
  return Math.max(1, Math.floor((Number.parseFloat(share) * whole) / 100 + 1e-9));
}
