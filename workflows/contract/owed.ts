/** One for each rollout with owed hosts, from its end on. */
export const owedWorkflowId = (fleet: string, packageName: string, rollout: string) =>
  `owed/${fleet}/${packageName}/${rollout}`;

/** Workflow `owed`: looks for the owed hosts of a rollout, and has them caught up when they are back. Signal: `abort`. */
export interface OwedInput {
  readonly fleet: string;
  readonly rollout: string;
  readonly plan: string;
  readonly package: string;
  readonly version: string;
  /** The first wait between looks; the next ones are longer (model/owed.ts). */
  readonly everyMs: number;
  /** Looks since a host was last found. */
  readonly looks?: number;
  /** After so many looks the workflow goes on as a new one, with an empty history. */
  readonly looksARun?: number;
}
export interface OwedResult {
  /** Why it looks no more. */
  readonly ended: string;
}
/** Activity `lookForOwed`. */
export interface OwedLook {
  readonly ended?: string;
  /** Node set of the owed hosts that answer. */
  readonly back: string;
  /** The plan's window is shut for so long. */
  readonly opensInMs: number;
  /** Milliseconds since 1970: when the last of them is given up. */
  readonly untilMs?: number;
}
