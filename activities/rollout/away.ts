import { TidegateError } from '../../model/errors';

/**
 * Whether what kept us from a host may pass: it was away, or too slow with a look, which changes nothing and can be
 * repeated. Of a command that changes something a late answer (TG_EXEC_TIMEOUT) says nothing: that is attached to.
 */
export function isAway({ code, retryable }: Pick<TidegateError, 'code' | 'retryable'>): boolean {
  return retryable || code === 'TG_EXEC_TIMEOUT';
}

/** Whether it is this worker that is wrong here, and no host: it is superseded, or cannot write its ledger. */
export function isOurs(error: unknown): boolean {
  return error instanceof TidegateError && ['TG_EPOCH_STALE', 'TG_STORE_FULL'].includes(error.code);
}
