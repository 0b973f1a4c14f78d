import { TidegateError } from './errors';
import type { Plan } from './plan';

type Window = NonNullable<Plan['window']>;

/** When a window opens and closes, in milliseconds since 1970 (UTC). */
interface Opening {
  readonly opensAt: number;
  readonly closesAt: number;
}

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** A window of one day a week, and one week in which daylight saving leaves nothing of it. */
const daysAhead = 15;
/** The one that is about to close, one that daylight saving makes too short, and one more. */
const openingsAhead = 3;

/**
 * The window that is open now, or the next one to open. Its times are those of its zone's clocks, so it moves with
 * daylight saving: a time that clocks skip is the moment of the skip, one that they show twice is the first of the
 * two. A window whose `to` is not after its `from` goes over midnight and belongs to the day on which it opens; one
 * that closes as the next opens goes on.
 * @param nowMs milliseconds since 1970.
 * @returns its opening (in the past when it is open) and its close, which is after `nowMs`.
 * @throws TG_WINDOW_INVALID for days, times or a zone that are none.
 */
export function nextOpening(window: Window, nowMs: number): Opening {
  const days = wantedDays(window.days);
  const from = timeMs(window.from);
  const to = timeMs(window.to);
  const over = to > from ? 0 : dayMs;
  const clock = new Clock(window.zone);
  const today = Math.floor(clock.localMs(nowMs) / dayMs) * dayMs;
  let open: Opening | undefined;
  for (let day = today - 2 * dayMs; day <= today + daysAhead * dayMs; day += dayMs) {
    if (!days.has(new Date(day).getUTCDay())) continue;
    const opensAt = clock.firstInstantAt(day + from);
    const closesAt = clock.firstInstantAt(day + over + to);
    if (closesAt <= opensAt) continue;
    if (open && opensAt > open.closesAt && open.closesAt > nowMs) return open;
    open = open && opensAt <= open.closesAt ? { opensAt: open.opensAt, closesAt } : { opensAt, closesAt };
  }
  if (open && open.closesAt > nowMs) return open;
  throw invalid(`it does not open within ${daysAhead} days`);
}

/** When operations may begin, in milliseconds since 1970: from `firstAt` to `lastAt`, both included. */
export interface Begins {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly closesAt: number;
}

/**
 * The stretch in which what takes `expectedMs` may begin and still be done when the window closes: the one that lasts
 * now, or the next.
 * @throws TG_WINDOW_INVALID also when the window is shorter than that.
 */
export function nextBegins(window: Window, nowMs: number, expectedMs: number): Begins {
  let atMs = nowMs;
  for (let tries = 0; tries < openingsAhead; tries += 1) {
    const { opensAt, closesAt } = nextOpening(window, atMs);
    const lastAt = closesAt - expectedMs;
    if (lastAt >= Math.max(nowMs, opensAt)) return { firstAt: opensAt, lastAt, closesAt };
    atMs = closesAt;
  }
  throw invalid(`it closes before an operation that begins as it opens has ended (${expectedMs / 1000} s)`);
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** Days as cron writes them, 0 for Sunday: `mon-fri`, `sat,sun`, `1-5`, `*`. */
function wantedDays(text: string): Set<number> {
  const wanted = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const range = part.trim() === '*' ? 'sun-sat' : part;
    const [first = -1, last = first, ...more] = range.split('-').map((day) => dayOf(day.trim()));
    if (first < 0 || last < 0 || more.length > 0)
      throw invalid(`${JSON.stringify(part.trim())} is no day: write mon-fri, sat,sun or *`);
    for (let day = first; day !== last; day = (day + 1) % 7) wanted.add(day);
    wanted.add(last);
  }
  return wanted;
}

function dayOf(text: string): number {
  if (/^[0-7]$/.test(text)) return Number(text) % 7;
  return weekdays.findIndex((day) => text === day || text === day.slice(0, 3));
}

function timeMs(time: string): number {
  const [, hours, minutes, seconds = 0] = /^(\d\d):([0-5]\d)(?::([0-5]\d))?$/.exec(time) ?? [];
  const total = (Number(hours) * 60 + Number(minutes)) * minuteMs + Number(seconds) * 1000;
  if (hours === undefined || total > dayMs)
    throw invalid(`${JSON.stringify(time)} is no time from 00:00 to 24:00`);
  return total;
}

/** What the clocks of a zone show. Local times are milliseconds as if the zone were UTC. */
class Clock {
  readonly #format: Intl.DateTimeFormat;

  constructor(zone: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      throw invalid(`${JSON.stringify(zone)} is no time zone, such as UTC or Europe/Berlin`);
    }
  }

  localMs(instant: number): number {
    const part = new Map(this.#format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const date = Date.UTC(part.get('year')!, part.get('month')! - 1, part.get('day')!);
    const time = (part.get('hour')! * 60 + part.get('minute')!) * 60 + part.get('second')!;
    return date + time * 1000 + (((instant % 1000) + 1000) % 1000);
  }

  /** @returns the first instant at which the clocks show `local` or later, having shown less before. */
  firstInstantAt(local: number): number {
    const offsets = [-dayMs, dayMs].map((away) => this.localMs(local + away) - (local + away));
    let before = local - Math.max(...offsets);
    let after = local - Math.min(...offsets);
    if (this.localMs(before) === local) return before;
    if (this.localMs(after) === local) return after;
    // Clocks skip this time: both are off by the skip, which is at a whole minute between them.
    while (after - before > minuteMs) {
      const middle = before + Math.round((after - before) / 2 / minuteMs) * minuteMs;
      if (this.localMs(middle) < local) before = middle;
      else after = middle;
    }
    return Math.floor(after / minuteMs) * minuteMs;
  }
}

function invalid(why: string): TidegateError {
  return new TidegateError('TG_WINDOW_INVALID', `window: ${why}`);
}
