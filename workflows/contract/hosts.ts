import type { Actor } from '../../model/actor';
import type { SignedMandate } from '../../model/mandate';
import type { HostState } from '../../model/states';

/** Workflow `checkHosts`: asks each selected host what would make work on it fail later; changes nothing. */
export interface CheckHostsInput {
  readonly fleet: string;
  /** A selector (model/selector.ts). */
  readonly selector: string;
}
export interface CheckHostsResult {
  readonly hosts: number;
  /** Digest, in the store, of the `Finding[]` (model/host-check.ts) of the hosts that are not in order. */
  readonly findings: string;
}

/** Workflow `examineHost`: what the ledger and the host itself say of a host; changes nothing. */
export interface ExamineHostInput {
  readonly fleet: string;
  readonly host: string;
}
export interface ExamineHostResult {
  /** Digest, in the store, of an `Examined` (model/examination.ts). */
  readonly examined: string;
}

/** Workflow `clearHost`: lifts the quarantine of a host, in every rollout that has it quarantined. */
export interface ClearHostInput {
  readonly fleet: string;
  readonly host: string;
  readonly actor: Actor;
  readonly mandate?: SignedMandate;
}
export interface ClearHostResult {
  readonly cleared: readonly {
    readonly rollout: string;
    readonly state: HostState;
    readonly detail: string;
    /** It was quarantined as a control instance: the rollout is rehearsed on it again. */
    readonly rehearsal: boolean;
  }[];
}

/** Workflow `acceptHostKey`: pins the key that a host offers, when it has the fingerprint that a person read. */
export interface AcceptHostKeyInput {
  readonly fleet: string;
  readonly host: string;
  /** `SHA256:…`, as `ssh-keygen -lf` prints it. */
  readonly fingerprint: string;
  readonly actor: Actor;
  readonly mandate?: SignedMandate;
}
export interface AcceptHostKeyResult {
  /** `ED25519`. */
  readonly type: string;
  /** The known_hosts file that it was written to. */
  readonly file: string;
}
