import { TidegateError } from '../../model/errors';
import type { RunOutcome, RunResultEntry } from '../../model/run-ledger';

/** What one host came to. */
export type Answer = Pick<RunResultEntry, 'outcome' | 'code' | 'signal' | 'detail' | 'stdout' | 'stderr'>;

const hostKeyCodes = [
  'TG_HOST_KEY_CHANGED',
  'TG_HOST_KEY_UNKNOWN',
  'TG_HOST_KEY_REVOKED',
  'TG_HOST_KEY_OTHER',
];

/**
 * What an error says of a host's fate.
 * @param sent - the command was sent: unless the error says what became of it, it may have happened.
 * @throws what is not about the host: the store is full, or Tidegate itself failed.
 */
export function answerOf(error: unknown, sent: boolean): Answer {
  if (!(error instanceof TidegateError) || error.code === 'TG_STORE_FULL' || error.code === 'TG_INTERNAL')
    throw error;
  return { outcome: outcomeOf(error, sent), detail: `${error.code} ${error.message}` };
}

function outcomeOf({ code }: TidegateError, sent: boolean): RunOutcome {
  if (hostKeyCodes.includes(code)) return 'host key';
  if (code === 'TG_EXEC_TIMEOUT') return 'timeout';
  if (code === 'TG_STAGE_DAMAGED' || code === 'TG_HOST_FULL' || code === 'TG_PUSH_FAILED') return 'failed';
  // Not reached, or it opened no session: either way nothing was run.
  if (code === 'TG_HOST_UNREACHABLE') return 'unreachable';
  return sent ? 'unknown' : 'unreachable';
}
