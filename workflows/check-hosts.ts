import { proxyActivities } from '@temporalio/workflow';
import type { HostCheckActivities } from '../activities/host-check';
import type { CheckHostsInput, CheckHostsResult } from './contract/hosts';
import { heartbeatTimeout } from './proxies';

/** 100,000 hosts take minutes; asking again after a worker's death costs nothing. */
const { checkHosts: askHosts } = proxyActivities<HostCheckActivities>({
  startToCloseTimeout: '2h',
  heartbeatTimeout,
  retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 20 },
});

/** Asks each selected host what would make work on it fail later; changes nothing. */
export async function checkHosts(input: CheckHostsInput): Promise<CheckHostsResult> {
  return askHosts(input);
}
