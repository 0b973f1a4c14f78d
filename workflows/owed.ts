import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowFailure,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { lookAgainAfterMs } from '../model/owed';
import { summaryOf } from '../model/summary';
import { clock } from '../model/waits';
import type { OwedInput, OwedResult } from './contract/owed';
import { type Asked, type RolloutInput, type RolloutResult, rolloutWorkflowId } from './contract/rollout';
import { onHosts, quick, telling } from './proxies';
import { attributesOf } from './visible';

const abort = defineSignal<[Partial<Asked> | null | undefined]>('abort');

/** A look is some twelve events; so many of them stay far below Temporal's limit for one run. */
const looksARun = 200;

/**
 * Looks for the owed hosts of a rollout that has ended, ever more seldom, and has those that are back caught up by
 * that rollout, taken up again under its own ID: so it, and nothing else, holds the lock on the package meanwhile.
 * Ends when none is owed any more, none may be, or their time is over.
 */
export async function owed(input: OwedInput): Promise<OwedResult> {
  const { fleet, plan } = input;
  let asked = false;
  setHandler(abort, async (request) => {
    await quick.asked({ ...request, fleet, rollout: input.rollout, plan, verb: 'abort' });
    asked = true;
  });
  let looks = input.looks ?? 0;
  let waitMs = lookAgainAfterMs(looks, input.everyMs);
  for (let made = 1; ; made += 1) {
    setCurrentDetails(`Looks again at ${clock(new Date(Date.now() + waitMs).toISOString())}.`);
    await condition(() => asked, waitMs);
    const look = await onHosts.lookForOwed({ fleet, rollout: input.rollout, plan });
    if (look.ended !== undefined) {
      await telling.notify({ fleet, rollout: input.rollout, plan, event: 'owed', detail: look.ended });
      return { ended: look.ended };
    }
    looks = look.back !== '' && (await catchUp(input, look.back)) ? 0 : looks + 1;
    waitMs = Math.max(lookAgainAfterMs(looks, input.everyMs), look.opensInMs);
    if (look.untilMs !== undefined) waitMs = Math.min(waitMs, Math.max(0, look.untilMs - Date.now()));
    asked = false;
    if (made >= (input.looksARun ?? looksARun) || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof owed>({ ...input, looks });
  }
}

/** @returns whether the rollout was taken up; not while another of the package, or a person's retry, is under way. */
async function catchUp({ fleet, rollout: id, ...input }: OwedInput, hosts: string): Promise<boolean> {
  try {
    await executeChild<(input: RolloutInput) => Promise<RolloutResult>>('rollout', {
      workflowId: rolloutWorkflowId(fleet, input.package),
      args: [
        {
          fleet,
          rollout: id,
          plan: input.plan,
          actor: { name: 'tidegate', proof: 'claimed' },
          verb: 'catch up',
          hosts,
        },
      ],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      memo: { rollout: id },
      typedSearchAttributes: attributesOf(fleet, input.package, 'starting'),
      staticSummary: summaryOf(`${input.package} ${input.version}: catch up ${hosts}`),
    });
    return true;
  } catch (error) {
    // A rollout that failed says why in its own history and in the ledger.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    if (error instanceof ChildWorkflowFailure && !isCancellation(error)) return false;
    throw error;
  }
}
