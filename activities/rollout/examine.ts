import { TidegateError } from '../../model/errors';
import type { Examined } from '../../model/examination';
import type { Fleet, Host } from '../../model/fleet';
import type { Chapter } from '../../model/host-story';
import { hostChapters } from '../../store/host-chapters';
import type {
  ClearHostInput,
  ClearHostResult,
  ExamineHostInput,
  ExamineHostResult,
} from '../../workflows/contract/hosts';
import { askHost, type ExamineNeeds, notInFleet } from './ask-host';
import { clearHost } from './clear';

export type ExamineActivities = ReturnType<typeof createExamineActivities>;

export function createExamineActivities(needs: ExamineNeeds) {
  return {
    /**
     * What the ledger tells of a host and, when it can be asked, the host itself; read-only.
     * @throws TG_HOST_NOT_FOUND when neither fleet nor ledger know it.
     */
    async examineHost(input: ExamineHostInput): Promise<ExamineHostResult> {
      const { secured } = needs;
      const fleet = await secured.fleet();
      const chapters = await hostChapters(needs.ledger, input.host);
      const host = fleet.hosts.find(({ name }) => name === input.host);
      if (!host && chapters.length === 0) throw notInFleet(input.host, fleet);
      const slots = secured.gate.holders().filter((slot) => slot.host === input.host);
      const examined: Examined = {
        host: input.host,
        chapters,
        slots: slots.map(({ holder }) => holder),
        ...(await askIfPossible(needs, fleet, host, chapterOfConcern(chapters))),
      };
      return { examined: await secured.files.putJson(examined) };
    },

    clearHost: (input: ClearHostInput): Promise<ClearHostResult> => clearHost(needs, input),
  };
}

/** The rollout that a person must look into; else the last one that touched it. */
function chapterOfConcern(chapters: readonly Chapter[]): Chapter | undefined {
  return chapters.find(({ state }) => state === 'quarantined') ?? chapters[0];
}

async function askIfPossible(
  needs: ExamineNeeds,
  fleet: Fleet,
  host: Host | undefined,
  chapter: Chapter | undefined,
): Promise<Pick<Examined, 'found' | 'notAsked'>> {
  if (!host) return { notAsked: { code: 'TG_HOST_NOT_FOUND', detail: 'it is no longer in the fleet' } };
  try {
    return { found: await askHost(needs, fleet, host, chapter) };
  } catch (error) {
    if (!(error instanceof TidegateError)) throw error;
    return { notAsked: { code: error.code, detail: error.message } };
  }
}
