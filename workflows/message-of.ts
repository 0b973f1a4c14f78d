import { ApplicationFailure } from '@temporalio/workflow';

/** @returns the named error behind Temporal's own wrapping, in a line for the ledger; else what lies innermost. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ApplicationFailure && error.type?.startsWith('TG_'))
    return `${error.type} ${error.message}`;
  return error.cause instanceof Error ? messageOf(error.cause) : error.message;
}
