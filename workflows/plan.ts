import { proxyActivities } from '@temporalio/workflow';
import type { PlanActivities } from '../activities/plan/activities';
import type { CheckInput, CheckResult, PlanInput } from './contract/plan';
import { heartbeatTimeout } from './proxies';

/** Asking 100,000 hosts takes minutes; what is refused is refused at once, and a dead worker's try is repeated. */
const asking = proxyActivities<PlanActivities>({
  startToCloseTimeout: '2h',
  heartbeatTimeout,
  retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 20 },
});

/** Selects and asks the hosts, decides the waves, freezes the list; refuses what would be refused. */
export async function planRollout(input: PlanInput): Promise<{ plan: string; problems: string }> {
  return asking.freezePlan(input);
}

/** The whole preflight on every host of a plan. */
export async function checkRollout(input: CheckInput): Promise<CheckResult> {
  return asking.checkPlan(input);
}
