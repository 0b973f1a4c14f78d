/**
 * When what began at some time has lasted too long, by the clock of this process that nobody sets (`performance.now`).
 * The machine's own clock may jump while we wait: it is looked at once, for what went by before.
 * @param beganAt - UTC
 */
export function deadlineOf(beganAt: string, limitMs: number): number {
  const lastedMs = Math.max(0, Date.now() - Date.parse(beganAt));
  return performance.now() - lastedMs + limitMs;
}
