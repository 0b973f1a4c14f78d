import { durationText } from '../../model/duration';

/** @returns `22:31`, or `03-14 22:31` when it is not within half a day of `nowMs`; in the reader's time zone. */
export function clock(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const near = Math.abs(at.getTime() - nowMs) < 12 * 3_600_000;
  return near ? time : `${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** @returns `2026-03-14 22:31:07`, in the reader's time zone: how records are listed. */
export function stamp(iso: string): string {
  const at = new Date(iso);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** @returns `2026-03-14 22:31`: the same where seconds tell nothing. */
export function stampMinute(iso: string): string {
  return stamp(iso).slice(0, -':00'.length);
}

/** @returns how long it has been: `6 min`. */
export function since(iso: string, nowMs: number): string {
  return durationText(Math.max(0, nowMs - Date.parse(iso)));
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
