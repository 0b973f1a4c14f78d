import picocolors from 'picocolors';

/** What a colour says, never the colour itself: the one place that knows which is which. */
export interface Colours {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

/** @returns the colours, or, when off, functions that give their text back. */
export function colours(on: boolean | undefined): Colours {
  // Not given is off: picocolors would take it for "look at CI and FORCE_COLOR".
  const paint = picocolors.createColors(on === true);
  return { good: paint.green, bad: paint.red, warn: paint.yellow, strong: paint.bold, faint: paint.dim };
}

/** No colours: for pipes, files and tests. */
export const plain = colours(false);
