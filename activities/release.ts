import { type ErrorCode, TidegateError } from '../model/errors';
import type { Phase } from '../model/ledger';
import { rolloutOrder } from '../model/orders';
import { planRecordSchema } from '../model/plan-record';
import { shownRollout } from '../model/shown';
import type { Files } from '../store/files';
import type { BuildResult } from '../workflows/contract/build';
import type { PlanInput, PlanResult } from '../workflows/contract/plan';
import { type PlannedRelease, type ReleaseInput, releaseWorkflowId } from '../workflows/contract/release';
import type { Asked } from '../workflows/contract/rollout';
import { type Authority, claimed } from './authority';
import { judgeAsked } from './rollout/asked';
import type { Books, NewEntry } from './rollout/book';

export type ReleaseActivities = ReturnType<typeof createReleaseActivities>;

/** What a release writes into the book of its rollout before there is a rollout, and never after. */
export function createReleaseActivities(
  books: Books,
  files: Files,
  authority: Authority,
  freezePlan: (input: PlanInput) => Promise<PlanResult & { problems: string }>,
) {
  async function note(rollout: string, entry: NewEntry): Promise<void> {
    const book = await books.open(rollout);
    const { release, started, ended } = book.record;
    if (!release || started) throw new TidegateError('TG_ROLLOUT_NOT_FOUND', `${rollout} is no release's`);
    if (ended) throw new TidegateError('TG_ROLLOUT_ENDED', `${rollout} ended: ${ended.result}`);
    await book.append(entry);
  }

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

    async enterRelease({ rollout, phase }: { rollout: string; phase: Phase }): Promise<void> {
      await note(rollout, { kind: 'phase', phase });
    },

    async built({ rollout, ...built }: BuildResult & { rollout: string }): Promise<void> {
      await note(rollout, { kind: 'built', ...built, warnings: [...built.warnings] });
    },

    /** Plans as `rollout plan` does, for the artifact of this digest and no other. */
    async planRelease(input: ReleaseInput, artifact: string): Promise<PlannedRelease> {
      const { fleet, rollout, planFile, planPath } = input;
      const { plan, problems } = await freezePlan({ fleet, planFile, planPath, artifact });
      const record = await files.getJson(plan, planRecordSchema);
      const { hosts } = record;
      await note(rollout, { kind: 'planned', plan, hosts, problems });
      const shown = shownRollout(record, { digest: plan, verb: 'start', actor: claimed(input.actor) });
      return { plan, hosts, shown };
    },

    /**
     * Records that a person confirmed the plan that is in the book, or was refused: then the release goes on as if
     * nobody had. The mandate is only looked at: it is for the rollout, which takes it when it is opened.
     * Never throws for what a signal carries, as that would fail the release.
     * @returns the code of the refusal.
     */
    async confirmed(asked: Partial<Asked> & { rollout: string }): Promise<string | undefined> {
      const { rollout } = asked;
      const book = await books.open(rollout);
      const { release, planned, started, ended } = book.record;
      // A signal may come before the book is begun, and after somebody else's: it makes no book, and changes none.
      if (!release || started || ended) return 'TG_ROLLOUT_NOT_FOUND' satisfies ErrorCode;
      return judgeAsked(book, { ...asked, verb: 'confirm' }, async (asks) => {
        if (!planned) throw new TidegateError('TG_ROLLOUT_NOT_STARTED', 'there is no plan to confirm as yet');
        return { actor: await authority.look(asks, rolloutOrder('start', { rollout, plan: planned.plan })) };
      });
    },

    async dropped({ rollout, actor }: { rollout: string; actor: unknown }): Promise<void> {
      await note(rollout, { kind: 'asked', verb: 'drop', actor: claimed(actor) });
    },

    /** The release ended without a rollout; one that has begun writes its own end. */
    async endRelease(given: {
      rollout: string;
      result: 'aborted' | 'failed';
      detail: string;
    }): Promise<void> {
      const { rollout, result, detail } = given;
      const { started, ended } = (await books.open(rollout)).record;
      if (!started && !ended) await note(rollout, { kind: 'ended rollout', result, detail });
    },

    async failuresOf({ rollout }: { rollout: string }): Promise<{ failures: number }> {
      return { failures: (await books.open(rollout)).record.failures() };
    },
  };
}
