import { nextOpening } from '../../model/window';

/** A plan's window for a test: every night, unless said otherwise. */
export function window(given: Partial<Parameters<typeof nextOpening>[0]>) {
  return { days: '*', from: '22:00', to: '04:00', zone: 'UTC', rollbackWaits: false, ...given };
}

/** When it opens and closes next, as texts without seconds where there are none. */
export function opening(given: Parameters<typeof window>[0], now: string): string[] {
  const { opensAt, closesAt } = nextOpening(window(given), at(now));
  return [opensAt, closesAt].map((ms) => new Date(ms).toISOString().replace(':00.000Z', 'Z'));
}

/** Milliseconds since 1970. */
export function at(text: string): number {
  return Date.parse(text);
}
