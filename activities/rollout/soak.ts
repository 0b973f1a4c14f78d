import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import { parseOperationAnswer } from '../../model/host-answer';
import type { Ranges } from '../../model/ranges';
import { checkLines } from '../../model/request';
import { checkOnce } from './remote';
import type { RolloutWork } from './work';

/** Soak asks this many hosts at once; the checks are the plan's own and read-only by its author's word. */
const askedAtOnce = 20;

/** Asks the wave's applied hosts the plan's checks again. @returns how many failed; each is `failed` from then on. */
export async function watchSoak(work: RolloutWork, hosts: Ranges): Promise<number> {
  const { plan } = work.planned.record;
  if (plan.checks.length === 0) return 0;
  const waiting = [...hosts].filter((index) => work.record(index).state === 'applied');
  let failed = 0;
  const ask = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const why = await checksOf(work, index);
      if (!why) continue;
      failed += 1;
      const { name, attempt } = work.record(index);
      await work.book.append({
        kind: 'state',
        host: name,
        index,
        state: 'failed',
        code: 'TG_SOAK_FAILED',
        detail: why,
        failure: true,
        attempt,
      });
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, ask));
  return failed;
}

/** @returns what failed; undefined when all is well, or the host cannot be reached now (the next wave's own concern). */
async function checksOf(work: RolloutWork, index: number): Promise<string | undefined> {
  const host = work.planned.hostAt(index);
  const { plan } = work.planned.record;
  if (!host) return undefined;
  try {
    const text = await checkOnce(work.secured, targetOf(host, await work.secured.fleet()), checkLines(plan), {
      timeoutMs: plan.timeouts.check * plan.checks.length,
      connectTimeoutMs: plan.timeouts.connect,
    });
    const answer = parseOperationAnswer(text);
    return answer.failed ? `${answer.failed.code} ${answer.failed.detail}` : undefined;
  } catch (error) {
    if (error instanceof TidegateError && error.retryable) return undefined;
    throw error;
  }
}
