import { proxyActivities } from '@temporalio/workflow';
import type { RolloutActivities } from '../activities/rollout/activities';

/**
 * Every activity's heartbeat comes every 2 s (workers/heartbeat-interceptor.ts); a worker that is silent this long is
 * dead or cut off (DESIGN.md, Temporal).
 */
export const heartbeatTimeout = '8s';

/**
 * Decisions, ledger entries and the gate: milliseconds each. Retried for a week: a disk that is full, or a worker that
 * is gone, over the holidays is a person's to mend, and costs no rollout its end.
 */
export const quickly = {
  startToCloseTimeout: '1m',
  heartbeatTimeout,
  retry: { initialInterval: '200ms', maximumInterval: '10s', maximumAttempts: 60_000 },
} as const;

export const quick = proxyActivities<RolloutActivities>(quickly);

/** A command or a webhook that tells people: has its own limit of 20 s, and is called again by the next worker. */
export const telling = proxyActivities<RolloutActivities>({
  startToCloseTimeout: '1m',
  heartbeatTimeout,
  retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 10 },
});

/**
 * Work on hosts: as long as the hosts need. An attempt that dies is followed by one that attaches, so attempts are
 * not failures; the limit ends a worker that dies of the same thing each time, and leaves a week for a disk that is full.
 */
export const asLongAsHostsNeed = {
  startToCloseTimeout: '30d',
  heartbeatTimeout,
  retry: { initialInterval: '200ms', maximumInterval: '10s', maximumAttempts: 60_000 },
} as const;

export const onHosts = proxyActivities<RolloutActivities>(asLongAsHostsNeed);
