/** Workflow `planRollout`: asks the hosts, freezes the list, refuses what would be refused; changes nothing. */
export interface PlanInput {
  readonly fleet: string;
  /** Digest, in the store, of the plan file's text as written. */
  readonly planFile: string;
  /** Where it was read from, to say so. */
  readonly planPath: string;
  /** Digest of the artifact that is meant, whatever else the plan would choose: a release plans what it built. */
  readonly artifact?: string;
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
