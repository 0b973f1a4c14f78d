/** Activity `runBatch`: a stretch of the frozen list, begun through the gate, under the budget. */
export interface BatchInput {
  readonly fleet: string;
  readonly rollout: string;
  readonly plan: string;
  readonly action: 'apply' | 'undo';
  readonly wave: number;
  /** Indexes, as ranges: `0-499,712`. Hosts whose work is over, or in progress, are found so in the ledger. */
  readonly hosts: string;
  /** Failures, of the whole rollout, at which nothing more begins; absent for undo. */
  readonly stopAt?: number;
  /** Return when all have begun: another batch follows at once, and is given what is in progress. */
  readonly handOver: boolean;
}
export interface BatchResult {
  /** Begun and not over (only after `handOver`). */
  readonly inProgress: string;
  /** Not begun: the gate closed or the budget is spent. */
  readonly left: string;
  readonly unreachable: string;
  readonly failures: number;
  readonly stopped: 'no' | 'budget' | 'closed';
}

/** Hosts handed to one activity: 100,000 hosts are 200 batches, 3 events each. */
export const batchHosts = 500;

/** Child workflow `wave`: its batches, and its unreachable hosts again until they are owed. */
export interface WaveInput {
  readonly fleet: string;
  readonly rollout: string;
  readonly plan: string;
  readonly wave: number;
  readonly hosts: string;
  readonly stopAt: number;
  readonly tries: number;
  readonly tryEveryMs: number;
  /** Tries already made at the hosts that could not be reached. */
  readonly triesMade?: number;
  /** It was asked to stop before it went on as a new run. */
  readonly stopped?: boolean;
  /** What its batches are called, as in `OpenedRollout`. */
  readonly names: Readonly<Record<string, string>>;
  readonly inProgress?: string;
  readonly unreachable?: string;
  /** As the rollout's own. */
  readonly historyEvents?: number;
}
export interface WaveResult {
  readonly left: string;
  /** Tried in the round that was ended early, and not reached. */
  readonly unreachable: string;
  readonly triesMade: number;
  readonly failures: number;
  readonly stopped: BatchResult['stopped'];
}
