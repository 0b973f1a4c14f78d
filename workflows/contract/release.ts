import type { BuildInput } from './build';
import type { PlanInput, PlanResult } from './plan';
import type { RolloutResult } from './rollout';
import type { Shown } from './server';

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
