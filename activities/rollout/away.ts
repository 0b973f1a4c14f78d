import type { TidegateError } from '../../model/errors';

/**
 * Whether what kept us from a host may pass: it was away, or too slow with a look, which changes nothing and can be
 * repeated. Of a command that changes something a late answer (TG_EXEC_TIMEOUT) says nothing: that is attached to.
 */
export function isAway({ code, retryable }: Pick<TidegateError, 'code' | 'retryable'>): boolean {
  return retryable || code === 'TG_EXEC_TIMEOUT';
}
