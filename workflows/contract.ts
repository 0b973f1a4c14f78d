/**
 * What a client may start, signal and ask: names and types only, so that the CLI loads no workflow code.
 * Everything large travels by digest through the store (DESIGN.md decision 11).
 */
import type { Actor } from '../model/actor';
import type { Phase } from '../model/ledger';

export const namespace = 'tidegate';
export const taskQueue = (fleet: string) => `tidegate-${fleet}`;

/** One rollout per fleet and package at a time: the workflow ID is the lock. */
export const rolloutWorkflowId = (fleet: string, packageName: string) => `rollout/${fleet}/${packageName}`;

/** Workflow `planRollout`: asks the hosts, freezes the list, refuses what would be refused; changes nothing. */
export interface PlanInput {
  readonly fleet: string;
  /** Digest, in the store, of the plan file's text as written. */
  readonly planFile: string;
  /** Where it was read from, to say so. */
  readonly planPath: string;
}
/** Digest of a `PlanRecord` (model/plan-record.ts) in the store. Its ID is `p-` and the first 8 characters. */
export interface PlanResult {
  readonly plan: string;
}

/** Workflow `checkRollout`: the whole preflight on every host of a plan; changes nothing. */
export interface CheckInput {
  readonly fleet: string;
  readonly plan: string;
}
export interface CheckResult {
  readonly hosts: number;
  readonly ready: number;
  /** Digest of the answers in the store: `{ host, code, detail }[]` of the hosts that are not ready. */
  readonly problems: string;
}

/** Workflow `rollout`. */
export interface RolloutInput {
  readonly fleet: string;
  readonly rollout: string;
  /** Digest of the plan record. */
  readonly plan: string;
  readonly actor: Actor;
  /** What to do: begin; or, for a rollout that ended: `retry` what failed, is owed or was never reached; or `rollback`. */
  readonly verb: 'start' | 'retry' | 'rollback';
  /** `retry` only: node set of the hosts to take; all that qualify when absent. */
  readonly hosts?: string;
  /** OpenSSH-signed mandate (model/mandate.ts), when the fleet has allowed_signers. */
  readonly mandate?: { readonly text: string; readonly signature: string };
}
export interface RolloutResult {
  readonly result: 'done' | 'incomplete' | 'aborted' | 'rolled back' | 'failed';
}

/** Signals of `rollout`; each takes who asks and why. A signal sent while no worker runs is kept. */
export const rolloutSignals = {
  pause: 'pause',
  resume: 'resume',
  approve: 'approve',
  abort: 'abort',
  rollback: 'rollback',
  retry: 'retry',
} as const;
export interface Asked {
  readonly actor: Actor;
  /** `approve`: the wave whose gate is meant. */
  readonly wave?: number;
  /** `retry`: node set. */
  readonly hosts?: string;
  /** `resume` after the budget was spent: failures, in all, at which it stops next. */
  readonly stopAt?: number;
  readonly mandate?: RolloutInput['mandate'];
}

/** Query `status`: what the workflow itself knows; counts and hosts come from the ledger (model/record.ts). */
export const statusQuery = 'status';
export interface RolloutStatus {
  readonly rollout: string;
  readonly phase: Phase;
  readonly wave: number;
  readonly gate: 'open' | 'closed';
  /** Hosts with an operation in progress when the gate was last closed. */
  readonly inFlight: number;
  /** What it waits for, in words, when it waits for a person. */
  readonly waitingFor?: string;
}

export const searchAttributes = {
  fleet: 'TidegateFleet',
  package: 'TidegatePackage',
  phase: 'TidegatePhase',
  failedHosts: 'TidegateFailedHosts',
} as const;
