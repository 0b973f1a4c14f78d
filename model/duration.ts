const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longer is a typing error, and at some length no moment is that far away. */
const longestMs = 3650 * unitMs.d!;
/** Longer timers of Node end at once (setTimeout holds 31 bits). */
export const longestTimerMs = 24 * unitMs.d!;

/** @returns whole milliseconds for `90s`, `10m`, `2h`, `14d`, `1h30m` or `0`; undefined when it is none of these, or over 10 years. */
export function durationMs(text: string | number): number | undefined {
  if (text === 0 || text === '0') return 0;
  if (typeof text !== 'string' || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text.replaceAll(' ', '')))
    return undefined;
  let total = 0;
  for (const [, amount, unit] of text.replaceAll(' ', '').matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * unitMs[unit!]!;
  return total <= longestMs ? Math.round(total) : undefined;
}

/** @returns the two largest units that matter: `42 s`, `10 min`, `1 h 30 min`, `14 d`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}
