import type { Actor } from '../../model/actor';
import type { RolloutInput } from './rollout';

/** Workflow `run`: a command on hosts, or files to or from them. */
export const runWorkflowId = (fleet: string, run: string) => `run/${fleet}/${run}`;
export interface RunInput {
  readonly fleet: string;
  /** `run-` and random hexadecimal digits: the name of its book in the ledger. */
  readonly run: string;
  /** Digest, in the store, of the RunRequest (model/run-request.ts). */
  readonly request: string;
  readonly actor: Actor;
  readonly mandate?: RolloutInput['mandate'];
}
/** Signals `goOn` and `stop` of `run`. */
export interface RunAsked {
  readonly actor: Actor;
  readonly mandate?: RolloutInput['mandate'];
}
/** Query `status` of `run`. */
export interface RunStatus {
  readonly run: string;
  /** Nobody asked to stop it. */
  readonly mayBegin: boolean;
}
export interface RunRef {
  readonly fleet: string;
  readonly run: string;
}
export interface RunSummary {
  readonly hosts: number;
  readonly ok: number;
}
