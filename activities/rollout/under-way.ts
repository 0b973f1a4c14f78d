import { TidegateError } from '../../model/errors';
import type { RolloutRecord } from '../../model/record';
import type { RolloutRef } from '../../workflows/contract/rollout';

/**
 * Work is for rollouts that `openRollout` let in, on the plan that it let in, until they end. Activities ask this for
 * themselves: whoever reaches the Temporal frontend can have one run without the others before it.
 * @throws TG_ROLLOUT_NOT_FOUND, TG_ROLLOUT_ENDED, TG_PLAN_STALE.
 */
export function requireUnderWay(record: RolloutRecord, { rollout, plan }: RolloutRef): void {
  if (!record.started) throw new TidegateError('TG_ROLLOUT_NOT_FOUND', `${rollout} was never started`);
  if (record.ended) throw new TidegateError('TG_ROLLOUT_ENDED', `${rollout} ended: ${record.ended.result}`);
  if (record.started.plan !== plan)
    throw new TidegateError('TG_PLAN_STALE', `${rollout} was started with another plan than ${plan}`);
}
