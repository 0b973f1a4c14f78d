import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

/** By what the SDK tells an activity that its worker stops, once the grace time is over. */
const workerStops = 'WORKER_SHUTDOWN';

/**
 * Ends every activity that goes on when the grace time of a worker that stops is over: one that waits for a host could
 * take an hour. What it waited for goes on, on the host; its next attempt, by the next worker, attaches to that.
 */
export const stoppingInterceptor: ActivityInboundCallsInterceptor = {
  execute(input, next) {
    const stops = Context.current().cancelled.catch((error: Error) => {
      if (error.message !== workerStops) return new Promise<never>(() => {});
      throw ApplicationFailure.retryable('the worker stops; the next one takes this up', workerStops);
    });
    return Promise.race([next(input), stops]);
  },
};
