import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask';
import { readRollout, toItsEnd } from './drive';
import type { Injected } from './inject';
import type { Run } from './schedule';
import type { Setting } from './setting';

const lookEveryMs = 500;
/** Looked for after 3 s, 6, 12 …: with every fault mended, all hosts are back at the fifth look at the latest. */
const caughtUpWithinMs = 100_000;

/**
 * Hosts that a rollout owes when it has ended are caught up by it, or a person has said that they need not be.
 * @returns why they are not
 */
export async function settleOwed(
  setting: Setting,
  rollout: string,
  injected: Injected,
  run: Run,
): Promise<string | undefined> {
  let isAsked = run.waitsForOwed;
  for (let waitedMs = 0; waitedMs < caughtUpWithinMs; waitedMs += lookEveryMs) {
    const { record } = await readRollout(setting, rollout);
    const isOwed = [...record.hosts.values()].some(({ state }) => state === 'owed');
    if (record.ended && (!isOwed || record.owedEnded !== undefined)) return undefined;
    if (!record.ended) {
      const stuck = await toItsEnd(setting, rollout, injected, run.acts);
      if (stuck) return stuck;
    } else if (!isAsked) {
      isAsked = true;
      const { wrong } = await ask(setting, rollout, 'abort');
      if (wrong) return wrong;
    }
    await sleep(lookEveryMs);
  }
  return `owed hosts that are back are not caught up in ${caughtUpWithinMs / 1000} s`;
}
