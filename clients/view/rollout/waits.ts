import type { Wait } from '../../../model/starved';
import type { Colours } from '../colours';
import { counted } from '../sums';
import { wrap } from '../wrap';
import type { RolloutPicture } from './picture';
import { shortId } from './words';

/** @returns a paragraph for each that hosts wait for: how many hosts, for whom, and what to type. */
export function waitLines({ waitsFor, rollout }: RolloutPicture, width: number, colours: Colours): string[] {
  const label = 'WAITING     ';
  const pad = ' '.repeat(label.length);
  return waitsFor.flatMap((wait) => {
    const [first = '', ...rest] = wrap(waitWords(wait, rollout).split(' '), {
      width,
      first: label,
      rest: pad,
    });
    return [colours.warn(label) + first.slice(label.length), ...rest, `${pad}→ ${lookAt(wait, rollout)}`];
  });
}

/** @param rollout - the one that waits: what is its own is not named. */
export function waitWords({ domain, waiting, holder, hosts, overdue }: Wait, rollout = ''): string {
  const whose = holder === rollout ? '' : ` of ${shortId(holder)}`;
  const what = overdue ? `the overdue operation${whose}` : shortId(holder);
  return `${counted(waiting, 'host')}${domain === '' ? '' : ` of ${domain}`} for ${what} on ${hosts}`;
}

function lookAt({ holder, hosts, overdue }: Wait, rollout: string): string {
  if (!isRollout(holder)) return `tidegate run show ${shortId(holder)}`;
  if (holder !== rollout && !overdue) return `tidegate rollout status ${shortId(holder)}`;
  return `tidegate rollout events ${shortId(holder)} --host ${hosts}`;
}

const isRollout = (holder: string) => holder.startsWith('r-');
