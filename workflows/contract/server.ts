/**
 * What a client may start, signal and ask, one file a domain: names and types only, so that the CLI loads no workflow
 * code. Everything large travels by digest through the store (DESIGN.md decision 11).
 */
export const namespace = 'tidegate';
export const taskQueue = (fleet: string) => `tidegate-${fleet}`;

export const searchAttributes = {
  fleet: 'TidegateFleet',
  package: 'TidegatePackage',
  phase: 'TidegatePhase',
  failedHosts: 'TidegateFailedHosts',
} as const;

/** What the Temporal UI shows of a workflow beside its name: a line, and Markdown. */
export interface Shown {
  readonly summary: string;
  readonly details: string;
}
