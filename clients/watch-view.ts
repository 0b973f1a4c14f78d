import type { RolloutEntry } from '../model/ledger';
import type { Output } from './output';
import { stamp } from './view/clock';
import { eventLine } from './view/rollout/events';
import type { RolloutPicture } from './view/rollout/picture';
import { watchFooter, watchText } from './view/rollout/watch';
import { headline, needsPerson, nextCommands } from './view/rollout/words';
import { Screen } from './view/screen';
import { sumsLine } from './view/sums';

/** How `watch` shows what it sees. */
export interface WatchView {
  event(event: RolloutEntry): void;
  /** Called a few times a second. */
  draw(picture: RolloutPicture, warning: string | undefined): void;
  end(picture: RolloutPicture): void;
}

/** @returns the view that fits where the output goes. */
export function watchView(output: Output): WatchView {
  if (output.format === 'json') return jsonView(output);
  return output.live ? liveView(output) : lineView(output);
}

/** One event a line, as `rollout events` prints them. */
function jsonView(output: Output): WatchView {
  return {
    event: (event) => output.write(`${JSON.stringify(event)}\n`),
    draw: () => {},
    end: () => {},
  };
}

function liveView(output: Output): WatchView {
  const screen = new Screen(process.stdout);
  const text = (picture: RolloutPicture, warning: string | undefined): string => {
    const { width, colours } = output;
    const lines = [watchText(picture, width, colours, Date.now()), watchFooter(picture, colours)];
    if (warning !== undefined) lines.splice(1, 0, colours.warn(warning));
    return output.typed(lines.join('\n'));
  };
  return {
    event: () => {},
    draw: (picture, warning) => screen.draw(text(picture, warning)),
    end: (picture) => screen.end(text(picture, undefined)),
  };
}

/** In a log, how far it is is said this often, and only when it has changed. */
const sumEveryMs = 10_000;

function lineView(output: Output): WatchView {
  let saidMs = Number.NEGATIVE_INFINITY;
  let said = '';
  let warned: string | undefined;
  let needed = '';
  const sum = (picture: RolloutPicture): void => {
    const line = `${headline(picture, Date.now())}  ${sumsLine(picture.hosts, picture.sums)}`;
    if (line === said) return;
    output.write(`${stamp(new Date().toISOString())}  ${line}\n`);
    said = line;
    saidMs = performance.now();
  };
  return {
    event: (event) => {
      if (isNoteworthy(event)) output.write(`${eventLine(event)}\n`);
    },
    draw: (picture, warning) => {
      if (warning !== undefined && warning !== warned) output.note(warning);
      warned = warning;
      const need = needsPerson(picture) ? nextCommands(picture).join('\n      ') : '';
      if (need !== '' && need !== needed) output.write(output.typed(`Next: ${need}\n`));
      needed = need;
      if (performance.now() - saidMs >= sumEveryMs) sum(picture);
    },
    end: (picture) => {
      sum(picture);
      if (picture.phase === 'ended')
        output.write(output.typed(`Next: ${nextCommands(picture).join('\n      ')}\n`));
    },
  };
}

/** Hosts that go well, or back when all do, or are left as they are, are counted and not named. */
function isNoteworthy(event: RolloutEntry): boolean {
  if (event.kind === 'begun' || event.kind === 'ended' || event.kind === 'void') return false;
  if (event.kind !== 'state') return true;
  if (event.state === 'pending') return false;
  // Below 0: a control instance, where the undo was rehearsed.
  return event.index < 0 || event.failure || event.code?.startsWith('TG_') === true;
}
