import type { RolloutEntry } from '../../model/ledger';
import type { RolloutRecord } from '../../model/record';
import type { Setup } from '../schedule';
import type { HostFacts } from './facts';

/** What a run is judged by: the plan, the ledger, and what the hosts say. */
export interface Evidence {
  readonly setup: Setup;
  /** Version → digest of its RPM's header. */
  readonly headers: ReadonlyMap<string, string>;
  readonly entries: readonly RolloutEntry[];
  /** What the entries add up to. */
  readonly record: RolloutRecord;
  /** Host → its domain; '' for the control instance. */
  readonly domains: ReadonlyMap<string, string>;
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly reported: Reported;
}

/** What `rollout report` says, as far as it is held to anything. */
export interface Reported {
  /** Hosts to change, by whatever people count them by. */
  readonly sums: readonly number[];
  readonly hosts: readonly { readonly host: string; readonly state: string }[];
}

export interface Violation {
  /** Of the six (docs/reliability.md). */
  readonly invariant: 1 | 2 | 3 | 4 | 5 | 6;
  readonly host: string;
  readonly what: string;
}
