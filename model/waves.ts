import { TidegateError } from './errors';
import { shareOf } from './share';

/**
 * The waves of a plan over `total` hosts.
 * @param sizes - cumulative sizes, as written: counts and percentages of the hosts to change.
 * @returns for each wave that has hosts, its size as written, its indexes [from, to) of the rollout's order, and the
 * numbers (from 1) of the written sizes that are reached with it: a size that adds no host is reached before it begins.
 * @throws TG_WAVES_INVALID when the last one does not reach every host.
 */
export function wavesOf(
  sizes: readonly (number | string)[],
  total: number,
): { size: string; from: number; to: number; reaches: number[] }[] {
  const last = sizes.at(-1);
  if (!isAll(last) && !(typeof last === 'number' && last >= total && total > 0))
    throw new TidegateError('TG_WAVES_INVALID', {
      detail: leavesHostsOut(sizes),
      next: `in the plan: waves: ${withAll(sizes)}`,
    });
  const waves: { size: string; from: number; to: number; reaches: number[] }[] = [];
  let from = 0;
  for (const [place, size] of sizes.entries()) {
    const to = Math.min(total, shareOf(size, total));
    if (to > from) waves.push({ size: String(size), from, to, reaches: [] });
    waves.at(-1)?.reaches.push(place + 1);
    from = Math.max(from, to);
  }
  return waves;
}

/**
 * What is wrong with sizes over however many hosts: they shrink, or end with a share that leaves hosts out.
 * @returns the place of the size in the list, and why
 */
export function wavesDefect(
  sizes: readonly (number | string)[],
): { readonly place: number; readonly why: string } | undefined {
  for (const [place, size] of sizes.entries()) {
    const previous = sizes[place - 1];
    if (typeof size === typeof previous && amount(size) < amount(previous))
      return { place, why: `waves are cumulative: ${size} comes after ${previous}` };
  }
  const last = sizes.at(-1);
  // What is no share at all has been refused as such.
  if (typeof last !== 'string' || !(amount(last) < 100)) return undefined;
  return { place: sizes.length - 1, why: `${leavesHostsOut(sizes)}: ${withAll(sizes)}` };
}

const amount = (size: number | string | undefined) => Number.parseFloat(String(size));

const isAll = (size: number | string | undefined) => typeof size === 'string' && amount(size) >= 100;

const withAll = (sizes: readonly (number | string)[]) => `[${[...sizes, '100%'].join(', ')}]`;

const leavesHostsOut = (sizes: readonly (number | string)[]) =>
  `waves end at ${sizes.at(-1)}, which leaves hosts out`;
