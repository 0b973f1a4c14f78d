import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TidegateError } from '../model/errors';
import { shownRollout } from '../model/shown';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { type RolloutInput, rolloutWorkflowId } from '../workflows/contract/rollout';
import { taskQueue } from '../workflows/contract/server';
import { attributesOf } from './attributes';
import { requireWorker, useTemporal } from './procedure';
import { resultOf } from './result-of';
import type { KnownPlan } from './rollouts';
import { shortId } from './view/rollout/words';

/**
 * Starts the workflow of a rollout and returns when its book is open: from then on the ledger tells the rest.
 * @param endByte where its book ends now, for a rollout that is taken up again
 * @throws TG_WORKER_MISSING, TG_TEMPORAL_UNREACHABLE, TG_ROLLOUT_RUNNING, and what the worker refuses (TG_PLAN_STALE)
 */
export async function startRollout(
  home: Home,
  { plan }: KnownPlan,
  input: RolloutInput & { readonly verb: 'start' | 'retry' | 'rollback' },
  endByte = 0,
): Promise<void> {
  await requireWorker(home);
  const packageName = plan.plan.package;
  const workflowId = rolloutWorkflowId(input.fleet, packageName);
  const shown = shownRollout(plan, { digest: input.plan, verb: input.verb, actor: input.actor });
  await useTemporal(home, async (client) => {
    try {
      const handle = await client.workflow.start('rollout', {
        args: [input],
        taskQueue: taskQueue(input.fleet),
        workflowId,
        memo: { rollout: input.rollout },
        staticSummary: shown.summary,
        staticDetails: shown.details,
        typedSearchAttributes: attributesOf(input.fleet, packageName),
      });
      await opened(home, input.rollout, endByte, (signal) => resultOf(client, handle, signal));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw await rolloutRunning(client, workflowId, packageName, input.fleet);
    }
  });
}

/** @returns the error that names the rollout which is in the way. */
async function rolloutRunning(
  client: Client,
  workflowId: string,
  packageName: string,
  fleet: string,
): Promise<TidegateError> {
  // It may have ended a moment ago: then the list of rollouts says so.
  const { memo } = await client.workflow.getHandle(workflowId).describe();
  const id = typeof memo?.rollout === 'string' ? shortId(memo.rollout) : undefined;
  return new TidegateError('TG_ROLLOUT_RUNNING', {
    detail: `${packageName} is being rolled out in ${fleet} already${id === undefined ? '' : `, by ${id}`}`,
    next: id === undefined ? undefined : `tidegate rollout watch ${id}`,
  });
}

/**
 * Resolves when the book of a rollout goes on behind `endByte`. The worker may refuse before it writes
 * anything: then the workflow's failure is the answer.
 */
export async function opened(
  home: Home,
  rollout: string,
  endByte: number,
  result: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  const refused = result(stop.signal);
  const written = (async () => {
    const ledger = await Ledger.open(home.ledger);
    for await (const _ of ledger.follow(rollout, stop.signal, endByte)) return;
  })();
  try {
    await Promise.race([refused, written]);
  } finally {
    stop.abort();
    refused.catch(() => undefined);
  }
}
