import { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

/** The server learns that we live this often; its limit is 8 s (workflows/proxies.ts). */
const heartbeatEveryMs = 2_000;

/** Says of every activity, while it goes on, that its worker lives: nobody has to think of it, and none is forgotten. */
export const heartbeatInterceptor: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), heartbeatEveryMs);
    try {
      return await next(input);
    } finally {
      clearInterval(timer);
    }
  },
};
