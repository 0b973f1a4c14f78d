/**
 * What a client may start, signal and ask: names and types only, so that the CLI loads no workflow code.
 * Everything large travels by digest through the store (DESIGN.md decision 11).
 */
import type { Actor } from '../model/actor';
import type { Phase } from '../model/ledger';
import type { SignedMandate } from '../model/mandate';
import type { Course, PlannedWave } from '../model/procedure';
import type { HostState } from '../model/states';

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

export const searchAttributes = {
  fleet: 'TidegateFleet',
  package: 'TidegatePackage',
  phase: 'TidegatePhase',
  failedHosts: 'TidegateFailedHosts',
} as const;

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
}
export interface WaveResult {
  readonly left: string;
  /** Tried in the round that was ended early, and not reached. */
  readonly unreachable: string;
  readonly triesMade: number;
  readonly failures: number;
  readonly stopped: BatchResult['stopped'];
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

/** One build of a recipe at a time: who asks for it meanwhile is given its result. */
export const buildWorkflowId = (fleet: string, packageName: string, recipe: string) =>
  `build/${fleet}/${packageName}/${recipe.slice(0, 12)}`;

/** Workflow `build`: sources, build on each platform's control instance, signature, store. */
export interface BuildInput {
  readonly fleet: string;
  readonly package: string;
  /** Digest, in the store, of the recipe's pack (model/recipe.ts, store/recipe-pack.ts). */
  readonly recipe: string;
  readonly actor: Actor;
  readonly mandate?: SignedMandate;
  /** Build although the packages of a control instance have changed since the last build on it. */
  readonly acceptDrift?: boolean;
}
export interface BuildResult {
  /** Digest of the artifact. */
  readonly artifact: string;
  readonly version: string;
  /** The store had the very same build. */
  readonly already: boolean;
  readonly warnings: readonly string[];
}

/** Workflow `pinRecipe`: fetches the sources of a recipe as they are now. */
export interface PinResult {
  /** Digest, in the store, of a `RecipeLock` (model/recipe.ts). */
  readonly lock: string;
}

/** Activity `prepareBuild`: what is built, and where. */
export interface PreparedBuild {
  /** Digests, in the store. */
  readonly sources: string;
  readonly inputs: string;
  readonly platforms: readonly string[];
}
/** Activity `buildOn`: what one control instance made. */
export interface BuiltOn {
  readonly platform: string;
  readonly control: string;
  readonly arch: string;
  /** Digests, in the store: its list of packages, and the build's log. */
  readonly packages: string;
  readonly log: string;
  /** Unsigned, in the store. */
  readonly rpms: readonly { readonly file: string; readonly sha256: string }[];
}

/** Workflow `importArtifacts`: a vendor's RPMs, under the fleet's trustedKeys. */
export interface ImportInput {
  readonly fleet: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** For RPMs whose architecture more than one platform has, or whose platform's name does not tell it. */
  readonly platform?: string;
  readonly actor: Actor;
  readonly mandate?: SignedMandate;
}
export interface ImportResult {
  readonly artifacts: readonly {
    readonly digest: string;
    readonly package: string;
    readonly version: string;
    readonly platforms: readonly string[];
    readonly already: boolean;
  }[];
}

/** One release per fleet and package at a time. */
export const releaseWorkflowId = (fleet: string, packageName: string) => `release/${fleet}/${packageName}`;

/**
 * Workflow `release`: a build, a plan for the very artifact that was built, a person's confirmation, the rollout.
 * The mandate is the build's; that of the rollout comes with the confirmation, when there is a plan to sign for.
 */
export interface ReleaseInput extends BuildInput, Omit<PlanInput, 'artifact'> {
  /** The ID of its rollout: its book of the ledger tells of the release from here on. */
  readonly rollout: string;
  /** Where the recipe was read from, to say so. */
  readonly recipePath: string;
  /** The person has agreed to whatever the plan turns out to be: it goes on without asking. */
  readonly confirmed: boolean;
}
export interface ReleaseResult {
  readonly result: RolloutResult['result'] | 'dropped';
}
/** Signals of `release`: the plan was seen and is to be carried out; or nothing is to be. */
export const releaseSignals = { confirm: 'confirm', drop: 'drop' } as const;
/** Memo of `release`: what it is made from, so that the same command line finds it again. */
export interface ReleaseMemo {
  readonly rollout: string;
  readonly recipe: string;
  readonly planFile: string;
}

/** Activity `planRelease`: a frozen plan, and how it is shown in the Temporal UI. */
export interface PlannedRelease extends PlanResult {
  readonly hosts: number;
  readonly shown: Shown;
}
/** What the Temporal UI shows of a workflow beside its name: a line, and Markdown. */
export interface Shown {
  readonly summary: string;
  readonly details: string;
}

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
