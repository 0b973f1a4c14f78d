import { targetOf } from '../../fleet/target';
import { isErrorCode, TidegateError } from '../../model/errors';
import { type Examination, parseExamination } from '../../model/examination';
import type { Fleet, Host } from '../../model/fleet';
import type { Chapter } from '../../model/host-story';
import { namesToAsk } from '../../model/obsoletes';
import { type PlanRecord, planRecordSchema } from '../../model/plan-record';
import { script } from '../../ops/script';
import type { Ledger } from '../../store/ledger';
import type { RolloutRef } from '../../workflows/contract/rollout';
import type { Authority } from '../authority';
import type { Books } from './book';
import { noOperation } from './chain';
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
  const text = script('home.sh') + script('packages.sh') + script('examine.sh');
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

export function notInFleet(host: string, fleet: Fleet): TidegateError {
  return new TidegateError('TG_HOST_NOT_FOUND', `no host ${host} in ${fleet.name}`);
}
