import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { TidegateError } from '../model/errors';

/**
 * The one place where our errors become Temporal's: the code is the failure's type, the catalogue says whether
 * Temporal may try again, and what a person needs travels as details (never output: a failure is cut at 4 KiB).
 */
export const failureInterceptor: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input);
    } catch (error) {
      if (error instanceof TemporalFailure) throw error;
      // A defect of ours would only fail again: it ends what it is part of, with its stack where people look.
      if (!(error instanceof TidegateError))
        throw ApplicationFailure.nonRetryable(
          `Tidegate itself failed: ${String(error)}`,
          'TG_INTERNAL',
          error,
        );
      throw ApplicationFailure.create({
        type: error.code,
        message: error.message.slice(0, 1_000),
        nonRetryable: !error.retryable,
        details: [{ hosts: error.facts.hosts?.slice(0, 50), next: error.facts.next }],
        cause: error,
      });
    }
  },
};
