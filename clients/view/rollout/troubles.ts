import { stamp } from '../clock';
import type { Colours } from '../colours';
import { foldHosts } from '../hosts';
import { wrap } from '../wrap';
import type { RolloutPicture, Trouble } from './picture';
import { remedy } from './words';

/** Wide enough for the longest kind. */
const labelWidth = 12;

/** @returns one paragraph for each group of hosts with something wrong: kind, hosts folded, why, what to type. */
export function troubleLines(
  { troubles, rollout }: RolloutPicture,
  width: number,
  colours: Colours,
): string[] {
  return troubles.flatMap((trouble) => {
    const label = trouble.kind.toUpperCase().padEnd(labelWidth);
    const [first = '', ...rest] = foldHosts(trouble.hosts, { width, label });
    const why = [trouble.code, trouble.detail].filter((text) => text !== '').join(': ');
    const pad = ' '.repeat(labelWidth);
    const then = remedy(trouble, rollout);
    return [
      paint(trouble, colours)(label) + first.slice(label.length),
      ...rest,
      ...(why === '' ? [] : wrap(why.split(' '), { width, first: pad, rest: pad })),
      ...owedLines(trouble).flatMap((line) => wrap(line.split(' '), { width, first: pad, rest: pad })),
      ...(then === undefined ? [] : wrap(then.split(' '), { width, first: `${pad}→ `, rest: `${pad}  ` })),
    ];
  });
}

/** What becomes of owed hosts without a person. */
function owedLines({ kind, until, givenUp }: Trouble): string[] {
  if (kind !== 'owed') return [];
  if (givenUp !== undefined) return [`not caught up by itself: ${givenUp}`];
  return until === undefined
    ? []
    : [`caught up by itself when back, until ${stamp(until).slice(0, 16)}; now:`];
}

function paint({ kind }: Trouble, colours: Colours): (text: string) => string {
  return kind === 'quarantined' || kind === 'failed' || kind === 'rolled back' ? colours.bad : colours.warn;
}
