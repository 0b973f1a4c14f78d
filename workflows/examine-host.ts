import { proxyActivities } from '@temporalio/workflow';
import type { ExamineActivities } from '../activities/rollout/examine';
import type { ClearHostInput, ClearHostResult, ExamineHostInput, ExamineHostResult } from './contract/hosts';
import { heartbeatTimeout } from './proxies';

/** Reading a large ledger takes a minute, a host that starves two (activities/rollout/examine.ts). */
const limits = { startToCloseTimeout: '10m', heartbeatTimeout } as const;

/** Looking again costs nothing. */
const { examineHost: examine } = proxyActivities<ExamineActivities>({
  ...limits,
  retry: { maximumAttempts: 5 },
});

/** A second attempt would not know what the first one has lifted: the person looks, and types it again. */
const { clearHost: clear } = proxyActivities<ExamineActivities>({ ...limits, retry: { maximumAttempts: 1 } });

/** What the ledger and the host itself say of a host; changes nothing. */
export async function examineHost(input: ExamineHostInput): Promise<ExamineHostResult> {
  return examine(input);
}

/** Lifts the quarantine of a host after it was looked at. */
export async function clearHost(input: ClearHostInput): Promise<ClearHostResult> {
  return clear(input);
}
