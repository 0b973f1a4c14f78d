import { Context } from '@temporalio/activity';

/** The server learns that we live this often; its limit is 8 s (workflows/proxies.ts). */
const heartbeatEveryMs = 2_000;

/** Says that the activity lives while `work` goes on. @param work - is given the activity's cancellation. */
export async function heartbeating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), heartbeatEveryMs);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
