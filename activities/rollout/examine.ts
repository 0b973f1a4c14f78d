import { targetOf } from '../../fleet/target';
import { isErrorCode, TidegateError } from '../../model/errors';
import { type Examination, type Examined, parseExamination } from '../../model/examination';
import type { Fleet, Host } from '../../model/fleet';
import type { Chapter } from '../../model/host-story';
import { namesToAsk } from '../../model/obsoletes';
import { type PlanRecord, planRecordSchema } from '../../model/plan-record';
import { script } from '../../ops/script';
import { hostChapters } from '../../store/host-chapters';
import type { Ledger } from '../../store/ledger';
import type {
  ClearHostInput,
  ClearHostResult,
  ExamineHostInput,
  ExamineHostResult,
} from '../../workflows/contract/hosts';
import type { RolloutRef } from '../../workflows/contract/rollout';
import type { Authority } from '../authority';
import type { Books } from './book';
import { noOperation } from './chain';
import { clearHost } from './clear';
import { askAsRoot } from './remote';
import type { Secured } from './work';

/** `rpm -V` of a package reads all of its files; ops/examine.sh gives it a minute, and the host may starve. */
const answerMs = 180_000;

/** What looking at a host and clearing it need. */
export interface ExamineNeeds {
  readonly secured: Secured;
  readonly ledger: Ledger;
  readonly books: Books;
  readonly authority: Authority;
  /** Has what is overdue of a rollout under way followed, when no activity of it came by since the worker started. */
  follow(ref: RolloutRef): Promise<unknown>;
}

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

export function notInFleet(host: string, fleet: Fleet): TidegateError {
  return new TidegateError('TG_HOST_NOT_FOUND', `no host ${host} in ${fleet.name}`);
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

/**
 * Asks a host about the packages of a rollout and about its operation; changes nothing there.
 * @throws what the host refuses with, and what ssh/ throws.
 */
export async function askHost(
  { secured, books }: Pick<ExamineNeeds, 'secured' | 'books'>,
  fleet: Fleet,
  host: Host,
  chapter: Chapter | undefined,
): Promise<Examination> {
  const names = new Set<string>();
  if (chapter) {
    const rpms = rpmsFor(host, await secured.files.getJson(chapter.plan, planRecordSchema));
    const { before } = (await books.open(chapter.rollout)).record.host(chapter.index);
    for (const name of namesToAsk(rpms)) names.add(name);
    for (const { name } of before?.installed ?? []) names.add(name);
    for (const name of before?.absent ?? []) names.add(name);
  }
  const text = script('home.sh') + script('examine.sh');
  const words = [[...names].join(' '), chapter?.operation?.id ?? noOperation];
  const answer = parseExamination(
    await askAsRoot(secured.hosts, targetOf(host, fleet), 'tidegate-examine', text, {
      words,
      timeoutMs: answerMs,
    }),
  );
  if (!('refused' in answer)) return answer;
  const { code, detail } = answer.refused;
  throw new TidegateError(isErrorCode(code) ? code : 'TG_HOST_ANSWER', { detail, hosts: [host.name] });
}

/** What a rollout brings to a host; nothing when it has no RPMs for it. */
export const rpmsFor = ({ platform }: Host, { artifact }: PlanRecord) => artifact.platforms[platform] ?? [];
