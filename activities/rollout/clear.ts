import { setTimeout as sleep } from 'node:timers/promises';
import { clearedTo, hindersClearing } from '../../model/clearing';
import { TidegateError } from '../../model/errors';
import type { Chapter } from '../../model/host-story';
import { clearHostOrder } from '../../model/orders';
import { planRecordSchema } from '../../model/plan-record';
import { hostChapters } from '../../store/host-chapters';
import type { ClearHostInput, ClearHostResult } from '../../workflows/contract/hosts';
import { askHost, type ExamineNeeds, notInFleet, rpmsFor } from './ask-host';
import type { Book } from './book';

/** Whoever follows an overdue operation asks its host at least once a minute (follow.ts). */
const endWrittenWithinMs = 90_000;
const pollMs = 100;

/**
 * Lifts the quarantine of a host in every rollout that has it quarantined. Its state there becomes what the host has
 * (model/clearing.ts), and its chain goes on from the last operation that is on it.
 * @throws TG_MANDATE_MISSING, TG_MANDATE_REFUSED; TG_HOST_NOT_FOUND, TG_HOST_NOT_QUARANTINED; TG_HOST_BUSY while an
 * operation still runs on it; what ssh/ throws when it cannot be asked. Nothing is written then.
 */
export async function clearHost(needs: ExamineNeeds, input: ClearHostInput): Promise<ClearHostResult> {
  const actor = await needs.authority.prove(input, clearHostOrder(input));
  const { secured, books } = needs;
  const fleet = await secured.fleet();
  const host = fleet.hosts.find(({ name }) => name === input.host);
  if (!host) throw notInFleet(input.host, fleet);
  const chapters = await hostChapters(needs.ledger, host.name);
  const quarantined = chapters.filter(({ state }) => state === 'quarantined');
  if (quarantined.length === 0) throw notQuarantined(host.name, chapters);
  const looked = [];
  for (const chapter of quarantined) {
    const found = await askHost(needs, fleet, host, chapter);
    const hindered = hindersClearing(found);
    if (hindered !== undefined) throw busy(host.name, hindered);
    looked.push({ chapter, found });
  }
  const cleared = [];
  // The oldest first: the chain goes on from what was seen last.
  for (const { chapter, found } of looked.reverse()) {
    const book = await books.open(chapter.rollout);
    await endIsWritten(needs, book, input.fleet, chapter);
    const record = book.record.host(chapter.index, host.name);
    if (record.state !== 'quarantined') continue;
    const { state, detail, failure, lost } = clearedTo(found, {
      rpms: rpmsFor(host, await secured.files.getJson(chapter.plan, planRecordSchema)),
      before: record.before,
      wasApply: chapter.operation?.action === 'apply',
    });
    // A control instance is no host of the rollout, and what is rehearsed on it begins anew under IDs of its own.
    const rehearsal = chapter.index < 0;
    await book.append({
      kind: 'cleared',
      host: host.name,
      index: chapter.index,
      state,
      code: state === 'applied' ? undefined : record.code,
      detail,
      failure: failure && !rehearsal,
      lost,
      attempt: record.attempt + (rehearsal ? 1 : 0),
      head: found.head,
      actor,
    });
    secured.chain.begin(host.name, found.head);
    cleared.push({ rollout: chapter.rollout, state, detail, rehearsal });
  }
  return { cleared };
}

/**
 * The operation has ended on the host: whoever follows it writes that, and gives its slot back. To lift the quarantine
 * sooner would let a new operation have a slot that the follower of the old one takes away.
 */
async function endIsWritten(needs: ExamineNeeds, book: Book, fleet: string, chapter: Chapter): Promise<void> {
  const { rollout, plan, index } = chapter;
  const running = () => book.record.host(index).running !== undefined;
  if (running() && !book.record.ended) await needs.follow({ fleet, rollout, plan });
  for (const endsAt = performance.now() + endWrittenWithinMs; running(); await sleep(pollMs))
    if (performance.now() > endsAt)
      throw busy(
        book.record.host(index).name,
        'its operation has ended there, and the ledger does not say so yet',
      );
}

function busy(host: string, detail: string): TidegateError {
  return new TidegateError('TG_HOST_BUSY', { detail, hosts: [host], next: `tidegate hosts examine ${host}` });
}

/** Whoever asks twice, or whose worker died behind the last write, hears that it was done. */
function notQuarantined(host: string, chapters: readonly Chapter[]): TidegateError {
  const cleared = chapters.find((chapter) => chapter.cleared)?.cleared;
  const since = cleared ? `: ${cleared.by} cleared it at ${cleared.at}` : '';
  return new TidegateError('TG_HOST_NOT_QUARANTINED', {
    detail: `no rollout has ${host} quarantined${since}`,
    hosts: [host],
    next: `tidegate hosts examine ${host}`,
  });
}
