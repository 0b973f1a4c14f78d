import { durationText } from '../../../model/duration';
import { bar } from '../bar';
import { clock } from '../clock';
import type { Colours } from '../colours';
import { wrap } from '../wrap';
import type { RolloutPicture, WavePicture } from './picture';
import { troubleLines } from './troubles';
import { waitLines } from './waits';
import { headline, needsPerson, nextCommands, pausedLines, shortId } from './words';

const barCells = 16;

/** The live view (SCREENS.md, rollout watch): header, a line a wave, budget, domains, what is wrong. */
export function watchText(picture: RolloutPicture, width: number, colours: Colours, nowMs: number): string {
  const lines = [
    ...header(picture, width, colours, nowMs),
    ...(goesBack(picture)
      ? [undoLine(picture, colours)]
      : picture.waves.map((wave) => waveLine(wave, picture, colours, nowMs))),
    budgetLine(picture),
    ...domainLines(picture, width),
    ...pausedLines(picture),
    ...waitLines(picture, width, colours),
    ...troubleLines(picture, width, colours),
  ];
  return lines.join('\n');
}

/** @returns what stands below the live view. */
export function watchFooter(picture: RolloutPicture, colours: Colours): string {
  const id = shortId(picture.rollout);
  if (picture.phase === 'ended' || needsPerson(picture))
    return `Next: ${nextCommands(picture).join('\n      ')}`;
  return colours.faint(`^C leaves it running.   Pause: tidegate rollout pause ${id} --reason …`);
}

function header(picture: RolloutPicture, width: number, colours: Colours, nowMs: number): string[] {
  const pieces = [
    `${picture.package} ${picture.version} → ${picture.fleet}`,
    stateColour(picture, colours)(headline(picture, nowMs)),
    clock(new Date(nowMs).toISOString(), nowMs),
    picture.windowEndsAt && picture.phase !== 'ended'
      ? `window ends ${clock(picture.windowEndsAt, nowMs)}`
      : '',
    [picture.actor?.name, picture.actor?.ticket].filter(Boolean).join(' '),
  ];
  return wrap(pieces.filter(Boolean), { width, rest: '  ', glue: '  ' });
}

/** @returns how the state is painted: a rollout that needs a person stands out. */
export function stateColour(picture: RolloutPicture, colours: Colours): (text: string) => string {
  if (picture.result === 'done') return colours.good;
  if (picture.phase === 'ended' || picture.phase === 'rolling back') return colours.bad;
  return picture.phase === 'paused' || picture.phase === 'waiting for approval'
    ? colours.warn
    : colours.strong;
}

function waveLine(wave: WavePicture, picture: RolloutPicture, colours: Colours, nowMs: number): string {
  const counts = `${wave.done}/${wave.hosts}`.padStart(countsWidth(picture));
  return `${String(wave.number).padEnd(2)} ${counts}   ${waveState(wave, picture, colours, nowMs)}`.trimEnd();
}

function countsWidth({ waves }: RolloutPicture): number {
  return Math.max(7, ...waves.map(({ hosts }) => 2 * String(hosts).length + 1));
}

function waveState(wave: WavePicture, picture: RolloutPicture, colours: Colours, nowMs: number): string {
  const finished = wave.done === wave.hosts;
  const current = wave.number === picture.wave && picture.phase !== 'ended';
  if (current && picture.phase === 'soaking')
    return `${colours.good('✓')} soaking${picture.untilAt === undefined ? '' : ` until ${clock(picture.untilAt, nowMs)}`}`;
  if (current && picture.phase === 'waiting for approval') return `${colours.good('✓')} waits for approval`;
  if (finished) return colours.good('✓') + (wave.soakMs > 0 && wave.number < picture.wave ? ' soaked' : '');
  if (wave.done + wave.now === 0) return 'waiting';
  return [bar(wave.done, wave.hosts, barCells), ...progressOf(wave, current)].join('  ');
}

function progressOf({ now, waiting, done, hosts, expectedMs }: WavePicture, current: boolean): string[] {
  const pieces = [...(now > 0 ? [`${now} now`] : []), ...(waiting > 0 ? [`${waiting} waiting`] : [])];
  return current ? [...pieces, `~${durationText((expectedMs * (hosts - done)) / hosts)}`] : pieces;
}

/** While hosts go back, and when they are back, waves do not say how far it is. */
const goesBack = ({ phase, result }: RolloutPicture) => phase === 'rolling back' || result === 'rolled back';

function undoLine({ sums }: RolloutPicture, colours: Colours): string {
  const count = (label: string) => sums.find((part) => part.label === label)?.count ?? 0;
  const back = count('rolled back');
  const now = count('now');
  const total = back + count('applied') + count('failed') + now;
  const how = back === total ? colours.good('✓') : `${bar(back, total, barCells)}  ${now} now`;
  return `undo ${back}/${total}   ${how}`;
}

function budgetLine({ failures, stopAt, waves, wave, phase }: RolloutPicture): string {
  const left = `budget ${Math.max(0, stopAt - failures)} of ${stopAt} left`;
  const current = phase === 'wave' ? waves[wave - 1] : undefined;
  return current ? `${left}    speed limited by: ${current.limitedBy}` : left;
}

function domainLines({ domains }: RolloutPicture, width: number): string[] {
  const busy = domains.filter(({ now }) => now > 0).map(({ name, now, cap }) => `${name} ${now}/${cap}`);
  return busy.length === 0 ? [] : wrap(busy, { width, glue: '   ' });
}
