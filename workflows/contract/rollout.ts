import type { Actor } from '../../model/actor';
import type { Phase } from '../../model/ledger';
import type { SignedMandate } from '../../model/mandate';
import type { Course, PlannedWave } from '../../model/procedure';

/** One rollout per fleet and package at a time: the workflow ID is the lock. */
export const rolloutWorkflowId = (fleet: string, packageName: string) => `rollout/${fleet}/${packageName}`;

/** Workflow `rollout`. */
export interface RolloutInput {
  readonly fleet: string;
  readonly rollout: string;
  /** Digest of the plan record. */
  readonly plan: string;
  readonly actor: Actor;
  /**
   * What to do: begin; or, for a rollout that ended: `retry` what failed, is owed or was never reached; `rollback`; or
   * `catch up` owed hosts that are back, which workflow `owed` asks for and the ledger must allow.
   */
  readonly verb: 'start' | 'retry' | 'rollback' | 'catch up';
  /** `retry` and `catch up`: node set of the hosts to take; all that qualify when absent. */
  readonly hosts?: string;
  /** When the fleet has allowedSigners; what it must say is in model/orders.ts. */
  readonly mandate?: SignedMandate;
  /** Where a run goes on that continues another of the same rollout as new: from a client it is refused. */
  readonly underWay?: UnderWay;
  /** Events of a history after which it continues as new; the server's own suggestion when absent. */
  readonly historyEvents?: number;
}
/** What crosses from one run of a rollout's workflow to the next. */
export interface UnderWay {
  readonly opened: OpenedRollout;
  readonly course: Course;
  /** The step that the ledger says it is in, so that it is not said again. */
  readonly entered: string;
  readonly phase: Phase;
  readonly wave: number;
  readonly turn: number;
  readonly gate: 'open' | 'closed';
  readonly inFlight: number;
  readonly pausedBy?: Actor;
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
  /** For all but `pause` and `abort`, when the fleet has allowedSigners. */
  readonly mandate?: SignedMandate;
  /** Any text by which the answer, taken up or refused, is found in the ledger. */
  readonly request?: string;
}

/** Query `status`: what the workflow itself knows; counts and hosts come from the ledger (model/record.ts). */
export const statusQuery = 'status';
export interface RolloutStatus {
  readonly rollout: string;
  readonly phase: Phase;
  readonly wave: number;
  readonly gate: 'open' | 'closed';
  /** The gate is open and nobody asked to shut it: a worker that starts shuts its gate first when this is false. */
  readonly mayBegin: boolean;
  /** Counts the requests to open and to shut the gate: one that comes late must not overtake another. */
  readonly turn: number;
  /** Hosts with an operation in progress when the gate was last closed. */
  readonly inFlight: number;
}

/** Activity `openRollout`: the plan is still what was shown; the ledger's book is begun, or taken up again. */
export interface OpenedRollout {
  readonly package: string;
  readonly version: string;
  /** Indexes of their hosts, from `from` up to but not including `to`; those that are to be carried out are `hosts`. */
  readonly waves: readonly (PlannedWave & {
    readonly size: string;
    /** What batches are called in the Temporal UI: their ranges → the hosts that fit a summary. */
    readonly names: Readonly<Record<string, string>>;
  })[];
  readonly stopAt: number;
  readonly firstWaveStopAt: number;
  readonly whenSpent: 'pause' | 'rollback' | 'abort';
  readonly rehearse: boolean;
  readonly unreachable: { readonly tries: number; readonly everyMs: number; readonly pauseOverHosts: number };
  readonly checks: boolean;
  readonly window: boolean;
  /** A control instance is one of the hosts: the rehearsal on it waits for the window as every change of them does. */
  readonly rehearsesInWindow: boolean;
  readonly notify: boolean;
}

/** Activity `windowOpens`: 0 when operations may begin now. */
export interface WindowOpens {
  readonly inMs: number;
  /** The window, in words. */
  readonly detail: string;
}

/** Activity `watchSoak`: hosts of the wave that count as failed, and those of them that are to be undone. */
export interface SoakWatched {
  readonly failed: string;
  readonly undo: string;
}
export interface RolloutRef {
  readonly fleet: string;
  readonly rollout: string;
  readonly plan: string;
}
/** The ledger's sums, as a workflow needs them to decide. */
export interface RolloutSums {
  /** What a rollback takes back: failed hosts first. */
  readonly undoable: { readonly failed: string; readonly applied: string };
  readonly failures: number;
  readonly owed: number;
  readonly unreachable: number;
}
