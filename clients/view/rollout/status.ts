import type { Colours } from '../colours';
import { counted, sumsLine } from '../sums';
import { wrap } from '../wrap';
import type { RolloutPicture } from './picture';
import { troubleLines } from './troubles';
import { waitLines } from './waits';
import { stateColour } from './watch';
import { headline, nextCommands, pausedLines } from './words';

/** The short answer (SCREENS.md, rollout status): state, the sum of the hosts, what is wrong, what comes next. */
export function statusText(picture: RolloutPicture, width: number, colours: Colours, nowMs: number): string {
  const ill = picture.troubles.filter(({ kind }) => kind === 'quarantined').flatMap(({ hosts }) => hosts);
  const need =
    ill.length === 0 ? '' : `; ${counted(ill.length, 'host')} ${ill.length === 1 ? 'needs' : 'need'} you`;
  const [sum, ...parts] = sumsLine(picture.hosts, picture.sums, ['applied', 'failed']).split(' + ');
  return [
    stateColour(picture, colours)(headline(picture, nowMs)) + need,
    ...wrap([sum ?? '', ...parts.map((part) => `+ ${part}`)], { width, rest: '    ' }),
    ...(picture.stopAt > 0 ? [`budget: ${picture.failures} of ${picture.stopAt} failures`] : []),
    ...pausedLines(picture),
    ...waitLines(picture, width, colours),
    ...troubleLines(picture, width, colours),
    `Next: ${nextCommands(picture).join('\n      ')}`,
  ].join('\n');
}
