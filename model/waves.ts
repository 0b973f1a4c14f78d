import { TidegateError } from './errors';
import { shareOf } from './share';

/**
 * The waves of a plan over `total` hosts.
 * @param sizes - cumulative sizes, as written: counts and percentages of the hosts to change.
 * @returns for each wave that has hosts, its size as written, its indexes [from, to) of the rollout's order, and the
 * numbers (from 1) of the written sizes that are reached with it: a size that adds no host is reached before it begins.
 * @throws TG_WAVES_INVALID when sizes shrink, or the last one does not reach every host.
 */
export function wavesOf(
  sizes: readonly (number | string)[],
  total: number,
): { size: string; from: number; to: number; reaches: number[] }[] {
  const last = sizes.at(-1);
  if (last !== '100%' && !(typeof last === 'number' && last >= total && total > 0))
    throw new TidegateError('TG_WAVES_INVALID', {
      detail: `waves end at ${last}, which leaves hosts out: the last wave must be 100%`,
      next: `in the plan: waves: [${[...sizes.map(String), '100%'].join(', ')}]`,
    });
  const waves: { size: string; from: number; to: number; reaches: number[] }[] = [];
  let from = 0;
  let previous: number | string | undefined;
  for (const [place, size] of sizes.entries()) {
    if (
      typeof size === typeof previous &&
      Number.parseFloat(String(size)) < Number.parseFloat(String(previous))
    )
      throw new TidegateError('TG_WAVES_INVALID', `waves are cumulative: ${size} comes after ${previous}`);
    previous = size;
    const to = Math.min(total, shareOf(size, total));
    if (to > from) waves.push({ size: String(size), from, to, reaches: [] });
    waves.at(-1)?.reaches.push(place + 1);
    from = Math.max(from, to);
  }
  return waves;
}
