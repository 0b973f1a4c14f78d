import { proxyActivities } from '@temporalio/workflow';
import type { HostKeyActivities } from '../activities/host-keys';
import type { AcceptHostKeyInput, AcceptHostKeyResult } from './contract/hosts';

/** Connect and handshake take up to 30 s; a person waits, so a host that does not answer is not asked again. */
const { acceptHostKey: accept } = proxyActivities<HostKeyActivities>({
  startToCloseTimeout: '1m',
  retry: { maximumAttempts: 1 },
});

/** Pins the key of one host, when it has the fingerprint that a person read on its console. */
export async function acceptHostKey(input: AcceptHostKeyInput): Promise<AcceptHostKeyResult> {
  return accept(input);
}
