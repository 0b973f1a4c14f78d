import { counted } from './counted';
import { fold } from './nodeset';

/** Temporal keeps no longer summaries (docs.temporal.io, Enriching the user interface). */
export const summaryBytes = 200;

/** More names than these are never spelled out in a line: folding 100,000 of them over and over takes a second. */
const mostNamed = 1_000;

/**
 * @param mostBytes - of UTF-8, for all of it
 * @returns the names as a node set; those that do not fit are counted: `web[001-040] and 460 more`. Never half a name.
 */
export function hostsWithin(names: readonly string[], mostBytes: number): string {
  const whole = fold(names);
  if (bytesOf(whole) <= mostBytes) return whole;
  const sorted = [...names].sort();
  const shown = (count: number) => `${fold(sorted.slice(0, count))} and ${sorted.length - count} more`;
  let fits = 0;
  let tooMany = Math.min(sorted.length, mostNamed + 1);
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (bytesOf(shown(middle)) <= mostBytes) fits = middle;
    else tooMany = middle;
  }
  return fits === 0 ? counted(sorted.length, 'host') : shown(fits);
}

/** @returns the text, cut at its end when it has more bytes than a summary may have. */
export function summaryOf(text: string): string {
  if (bytesOf(text) <= summaryBytes) return text;
  const letters = [...text];
  while (bytesOf(letters.join('')) > summaryBytes - bytesOf('…')) letters.pop();
  return `${letters.join('')}…`;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
