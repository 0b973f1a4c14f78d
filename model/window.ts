import type { Plan } from './plan';

type Window = NonNullable<Plan['window']>;

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const dayMs = 86_400_000;
const minuteMs = 60_000;

/**
 * The window that is open now, or the next one to open. Local times are those of the window's zone, so it moves
 * with daylight saving; a window whose `to` is not after its `from` goes over midnight.
 * @param nowMs - milliseconds since 1970.
 * @returns when it opens (in the past when it is open) and closes.
 */
export function nextOpening(window: Window, nowMs: number): { opensAt: number; closesAt: number } {
  const open = wantedDays(window.days);
  const fromMinutes = minutesOf(window.from);
  const toMinutes = minutesOf(window.to);
  const lasts = toMinutes > fromMinutes ? 0 : 1;
  for (let ahead = -1; ahead <= 8; ahead += 1) {
    const day = localDay(nowMs + ahead * dayMs, window.zone);
    if (!open.has(day.weekday)) continue;
    const opensAt = instantOf(day.utcMidnight, fromMinutes, window.zone);
    const closesAt = instantOf(day.utcMidnight + lasts * dayMs, toMinutes, window.zone);
    if (closesAt > nowMs) return { opensAt, closesAt };
  }
  throw new RangeError(`a window that never opens: ${window.days}`);
}

/** Days as cron writes them: `mon-fri`, `sat,sun`, `*`. */
function wantedDays(text: string): Set<number> {
  const wanted = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    if (part.trim() === '*') return new Set(days.keys());
    const [first, last = first] = part.split('-').map((day) => days.indexOf(day.trim().slice(0, 3)));
    if (first === undefined || last === undefined || first < 0 || last < 0) throw new RangeError(`not a day: ${part}`);
    for (let day = first; ; day = (day + 1) % 7) {
      wanted.add(day);
      if (day === last) break;
    }
  }
  return wanted;
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** The calendar day of an instant in a zone: its weekday, and its midnight as if the zone were UTC. */
function localDay(ms: number, zone: string): { weekday: number; utcMidnight: number } {
  const local = ms + offsetMs(ms, zone);
  const utcMidnight = Math.floor(local / dayMs) * dayMs;
  return { weekday: new Date(utcMidnight).getUTCDay(), utcMidnight };
}

/** The instant of a local time; one that daylight saving skips is the moment of the change or after. */
function instantOf(utcMidnight: number, minutes: number, zone: string): number {
  const asUtc = utcMidnight + minutes * minuteMs;
  const guess = asUtc - offsetMs(asUtc, zone);
  return asUtc - offsetMs(guess, zone);
}

/** How far a zone is ahead of UTC at an instant. */
function offsetMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((found) => found.type === type)!.value);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(ms / 1000) * 1000;
}
