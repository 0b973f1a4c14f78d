import { fold } from '../../model/nodeset';
import { wrap } from './wrap';

/** More node sets than this on one screen are not read; `-o json` has them all. */
const mostLines = 6;

/**
 * Hosts as node sets, wrapped to the width: `web[001-100],zlx[044,102]`.
 * @returns lines; the first starts with the label, and the last says how many more there are when cut
 */
export function foldHosts(
  names: Iterable<string>,
  { width, indent = 0, label = '' }: { width: number; indent?: number; label?: string },
): string[] {
  const sets = fold(names).split(/,(?![^[]*\])/);
  const first = ' '.repeat(indent) + label;
  const lines = wrap(sets, { width, first, rest: ' '.repeat(first.length), glue: ',' });
  if (lines.length <= mostLines || !Number.isFinite(width)) return lines;
  return [...lines.slice(0, mostLines), `${' '.repeat(first.length)}… (all of them: -o json)`];
}
