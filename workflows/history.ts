import { workflowInfo } from '@temporalio/workflow';

/** @returns whether a workflow is to go on as a new run: the server suggests it, or its input has a lower limit. */
export function historyIsLong({ historyEvents }: { readonly historyEvents?: number }): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || (historyEvents !== undefined && historyLength > historyEvents);
}
