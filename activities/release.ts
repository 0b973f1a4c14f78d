import { planRecordSchema } from '../model/plan-record';
import { shownRollout } from '../model/shown';
import type { Files } from '../store/files';
import {
  type BuildResult,
  type PlanInput,
  type PlannedRelease,
  type PlanResult,
  type ReleaseInput,
  releaseWorkflowId,
} from '../workflows/contract';
import { claimed } from './authority';
import type { Books } from './rollout/book';

export type ReleaseActivities = ReturnType<typeof createReleaseActivities>;

/** What a release writes into the book of its rollout before there is a rollout. */
export function createReleaseActivities(
  books: Books,
  files: Files,
  freezePlan: (input: PlanInput) => Promise<PlanResult & { problems: string }>,
) {
  return {
    /** Begins the book; safe to run twice. */
    async openRelease(input: ReleaseInput): Promise<void> {
      const book = await books.open(input.rollout);
      if (book.record.release || book.record.started) return;
      const { fleet, rollout, recipe, recipePath, planFile, planPath, confirmed } = input;
      const actor = claimed(input.actor);
      const workflowId = releaseWorkflowId(fleet, input.package);
      await book.append({
        kind: 'release',
        ...{ rollout, fleet, package: input.package, workflowId, confirmed, actor },
        ...{ recipe, recipePath, planFile, planPath },
      });
    },

    async built(given: BuildResult & { rollout: string }): Promise<void> {
      const { rollout, ...built } = given;
      await (await books.open(rollout)).append({ kind: 'built', ...built, warnings: [...built.warnings] });
    },

    /** Plans as `rollout plan` does, for the artifact of this digest and no other. */
    async planRelease(input: ReleaseInput, artifact: string): Promise<PlannedRelease> {
      const { fleet, rollout, planFile, planPath, actor } = input;
      const { plan, problems } = await freezePlan({ fleet, planFile, planPath, artifact });
      const record = await files.getJson(plan, planRecordSchema);
      await (await books.open(rollout)).append({ kind: 'planned', plan, hosts: record.hosts, problems });
      return {
        plan,
        hosts: record.hosts,
        shown: shownRollout(record, { digest: plan, verb: 'start', actor }),
      };
    },

    /** The release ended without a rollout; one that has begun writes its own end. */
    async endRelease(given: {
      rollout: string;
      result: 'aborted' | 'failed';
      detail: string;
    }): Promise<void> {
      const { rollout, result, detail } = given;
      const book = await books.open(rollout);
      if (!book.record.started) await book.append({ kind: 'ended rollout', result, detail });
    },

    async failuresOf({ rollout }: { rollout: string }): Promise<{ failures: number }> {
      return { failures: (await books.open(rollout)).record.failures() };
    },
  };
}
