import { TidegateError } from './errors';
import { shareOf } from './share';

/**
 * The waves of a plan over `total` hosts.
 * @param sizes - cumulative sizes, as written: counts and percentages of the hosts to change.
 * @returns for each wave that has hosts, its size as written and its indexes [from, to) of the rollout's order.
 * @throws TG_WAVES_INVALID when sizes shrink, or the last one does not reach every host.
 */
export function wavesOf(
  sizes: readonly (number | string)[],
  total: number,
): { size: string; from: number; to: number }[] {
  const last = sizes.at(-1);
  if (last !== '100%' && !(typeof last === 'number' && last >= total && total > 0))
    throw new TidegateError('TG_WAVES_INVALID', {
      detail: `waves end at ${last}, which leaves hosts out: the last wave must be 100%`,
      next: `in the plan: waves: [${[...sizes.map(String), '100%'].join(', ')}]`,
    });
  const waves: { size: string; from: number; to: number }[] = [];
  let from = 0;
  let previous: number | string | undefined;
  for (const size of sizes) {
    if (
      typeof size === typeof previous &&
      Number.parseFloat(String(size)) < Number.parseFloat(String(previous))
    )
      throw new TidegateError('TG_WAVES_INVALID', `waves are cumulative: ${size} comes after ${previous}`);
    previous = size;
    const to = Math.min(total, shareOf(size, total));
    if (to > from) waves.push({ size: String(size), from, to });
    from = Math.max(from, to);
  }
  return waves;
}
