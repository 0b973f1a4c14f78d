import { setTimeout as sleep } from 'node:timers/promises';
import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import { parseOperationAnswer } from '../../model/host-answer';
import { Ranges } from '../../model/ranges';
import { checkLines } from '../../model/request';
import type { SoakWatched } from '../../workflows/contract/rollout';
import { isAway } from './away';
import { stateEntry } from './entries';
import { checkOnce } from './remote';
import type { RolloutWork } from './work';

/** Soak asks this many hosts at once; the checks are the plan's own and read-only by its author's word. */
const askedAtOnce = 20;
/** ops/checks.sh kills a check that outstays its time by this. */
const killAfterMs = 5_000;
/** A host that cannot be reached as the soak ends is asked again after these: the last word should not be a blip. */
const askAgainMs = [2_000, 5_000];

/**
 * Asks the wave's applied hosts the plan's checks again; one that fails is `failed` from then on, and counts once.
 * A host that cannot be asked is let be, until the soak ends: then it is not known to be well.
 * @param signal - aborted when the answer no longer matters: nobody is asked or marked any more.
 */
export async function watchSoak(
  work: RolloutWork,
  hosts: Ranges,
  last: boolean,
  signal: AbortSignal,
): Promise<SoakWatched> {
  const waiting = [...hosts];
  const isApplied = (index: number) => {
    const { state, running } = work.record(index);
    return state === 'applied' && !running && !signal.aborted;
  };
  const ask = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const why = isApplied(index) ? await illness(work, index, last ? askAgainMs : []) : undefined;
      if (!why || !isApplied(index) || (why.code !== 'TG_SOAK_FAILED' && !last)) continue;
      await work.book.append(stateEntry(work, index, 'failed', { ...why, failure: true }));
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, ask));
  return failedIn(work, hosts);
}

/** From the ledger, so that a second attempt says the same. What could not be asked is not undone either. */
function failedIn(work: RolloutWork, hosts: Ranges): SoakWatched {
  const failedWith = (wanted: string) =>
    [...hosts].filter((index) => {
      const { state, code } = work.record(index);
      return state === 'failed' && code === wanted;
    });
  const ill = failedWith('TG_SOAK_FAILED');
  const failed = [...ill, ...failedWith('TG_HOST_UNREACHABLE'), ...failedWith('TG_INTERNAL')];
  const { failedHost, rollback } = work.planned.record.plan;
  const undo = failedHost === 'rollback' && rollback === 'required' ? ill : [];
  return { failed: Ranges.of(failed).toText(), undo: Ranges.of(undo).toText() };
}

/** @returns what is wrong with a host; undefined when all is well. */
async function illness(
  work: RolloutWork,
  index: number,
  againMs: readonly number[],
): Promise<{ code: string; detail: string } | undefined> {
  const host = work.planned.hostAt(index);
  const { plan } = work.planned.record;
  if (!host) return undefined;
  const askAgain = async (detail: string) => {
    const [pauseMs, ...rest] = againMs;
    if (pauseMs === undefined) return { code: 'TG_HOST_UNREACHABLE', detail };
    await sleep(pauseMs);
    return illness(work, index, rest);
  };
  try {
    const text = await checkOnce(work.secured, targetOf(host, await work.secured.fleet()), checkLines(plan), {
      timeoutMs: (plan.timeouts.check + killAfterMs) * plan.checks.length,
      connectTimeoutMs: plan.timeouts.connect,
    });
    const { state, failed } = parseOperationAnswer(text);
    if (failed) return { code: 'TG_SOAK_FAILED', detail: `${failed.code} ${failed.detail}` };
    if (state === 'done') return undefined;
    return askAgain('TG_HOST_ANSWER the host answered what our shell does not print');
  } catch (error) {
    // What goes wrong in us says nothing of the host: as with one that cannot be reached, it is not known to be well.
    if (!(error instanceof TidegateError))
      return { code: 'TG_INTERNAL', detail: String(error).slice(0, 500) };
    if (!isAway(error)) return { code: 'TG_SOAK_FAILED', detail: `${error.code} ${error.message}` };
    return askAgain(`${error.code} ${error.message}`);
  }
}
