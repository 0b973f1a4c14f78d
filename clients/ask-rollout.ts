import { randomBytes } from 'node:crypto';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { isErrorCode, TidegateError } from '../model/errors';
import { type RolloutEntry, rolloutEntrySchema } from '../model/ledger';
import { mandateGoodForMs } from '../model/mandate';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { lockHolder } from '../store/lock';
import { owedWorkflowId } from '../workflows/contract/owed';
import { type Asked, type rolloutSignals, rolloutWorkflowId } from '../workflows/contract/rollout';
import { useTemporal } from './procedure';
import { type KnownRollout, type RolloutAddress, readRollout } from './rollouts';
import type { Outcome } from './verb';
import { shortId } from './view/rollout/words';

/** A worker that is there takes a signal up in well under a second; a busy machine may need longer. */
const takenUpMs = 20_000;

/** A signature that lies about is soon worthless (model/mandate.ts). */
const soon = `, within ${mandateGoodForMs / 60_000} min: your signature is good for so long`;

/** What became of a request to a running rollout. */
export interface Answer {
  readonly state: 'done' | 'recorded';
  /** Operations that were in progress when the gate had closed; they go to their end. */
  readonly inFlight?: number;
  /** Why it is only recorded. */
  readonly because?: string;
}

/**
 * Sends a signal to the workflow of a rollout, and waits until the ledger shows that it was taken up: for `abort` and
 * `rollback` until the gate is closed, so that no operation begins after this returns.
 * @throws TG_ROLLOUT_ENDED, TG_TEMPORAL_UNREACHABLE; TG_MANDATE_MISSING, TG_MANDATE_REFUSED, TG_SELECTOR_INVALID
 * when the worker refused it: then nothing has changed
 */
export async function askRollout(
  home: Home,
  known: KnownRollout,
  verb: keyof typeof rolloutSignals,
  asked: Omit<Asked, 'request'>,
): Promise<Answer> {
  const { fleet, plan } = known.plan;
  // A rollout that ended may still look for hosts that it owes.
  const looking = known.record.ended !== undefined && verb === 'abort' && known.record.counts().owed > 0;
  if (known.record.ended && !looking) throw ended(known);
  const to = { id: known.id, endByte: known.endByte, fleet, package: plan.package };
  if (!looking) return ask(home, to, verb, asked);
  return ask(home, to, verb, asked, owedWorkflowId(fleet, plan.package, known.id));
}

/**
 * Asks a rollout that is under way; as `askRollout`.
 * @returns undefined when none is: it has ended, or its workflow was ended from outside. Then it can be taken up again.
 */
export async function askIfUnderWay(
  home: Home,
  known: KnownRollout,
  verb: 'retry' | 'rollback',
  asked: Omit<Asked, 'request'>,
): Promise<Answer | undefined> {
  if (known.record.ended) return undefined;
  const { fleet, plan } = known.plan;
  return tryToAsk(home, { id: known.id, endByte: known.endByte, fleet, package: plan.package }, verb, asked);
}

/**
 * Has a rollout begin nothing more; as `askRollout`, but at once: that the rollout is under way is for Temporal to say,
 * and no book of 100,000 hosts is read while operations go on beginning.
 */
export async function stopRollout(
  home: Home,
  to: RolloutAddress,
  verb: 'pause' | 'abort',
  asked: Omit<Asked, 'request'>,
): Promise<Answer> {
  try {
    return await ask(home, to, verb, asked);
  } catch (error) {
    const known = await readRollout(home, to.id);
    if (!known.record.ended) throw error;
    return askRollout(home, known, verb, asked);
  }
}

async function ask(
  home: Home,
  to: RolloutAddress,
  verb: keyof typeof rolloutSignals,
  asked: Omit<Asked, 'request'>,
  owedLook?: string,
): Promise<Answer> {
  const answer = await tryToAsk(home, to, verb, asked, owedLook);
  if (!answer) throw ended(await readRollout(home, to.id));
  return answer;
}

/** @returns whether a workflow of this rollout is under way: one that is not, and has no end, was ended from outside. */
export async function isUnderWay(home: Home, { id, plan, record }: KnownRollout): Promise<boolean> {
  if (record.ended) return false;
  const workflowId = rolloutWorkflowId(plan.fleet, plan.plan.package);
  return (await withWorkflow(home, workflowId, id, async () => true)) ?? false;
}

/** @returns what `work` returns; undefined when the workflow is not under way, or for another rollout. */
async function withWorkflow<T>(
  home: Home,
  workflowId: string,
  rollout: string,
  work: (handle: WorkflowHandle) => Promise<T>,
): Promise<T | undefined> {
  return useTemporal(home, async (client) => {
    const handle = client.workflow.getHandle(workflowId);
    try {
      const { status, memo } = await handle.describe();
      const isOther = memo?.rollout !== undefined && memo.rollout !== rollout;
      return status.name === 'RUNNING' && !isOther ? await work(handle) : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  });
}

/** @returns undefined when no workflow of this rollout is under way. */
async function tryToAsk(
  home: Home,
  to: RolloutAddress,
  verb: keyof typeof rolloutSignals,
  asked: Omit<Asked, 'request'>,
  owedLook?: string,
): Promise<Answer | undefined> {
  const request = randomBytes(8).toString('hex');
  const workflowId = owedLook ?? rolloutWorkflowId(to.fleet, to.package);
  const signalled = await withWorkflow(home, workflowId, to.id, async (handle) => {
    await handle.signal(verb, { ...asked, request } satisfies Asked);
    return true;
  });
  if (!signalled) return undefined;
  if ((await lockHolder(home.lockFile)) === undefined)
    return {
      state: 'recorded',
      because: `no worker runs; it takes this up before anything else when it starts${asked.mandate ? soon : ''}`,
    };
  return takenUp(home, to, verb, request, owedLook === undefined);
}

/** @returns the answer as every asking verb shows it. */
export function answerOutcome(known: { id: string }, verb: string, answer: Answer): Outcome {
  const id = shortId(known.id);
  const inFlight = answer.inFlight ?? 0;
  const said =
    answer.state === 'recorded'
      ? `${verb} is recorded for ${id}: ${answer.because}`
      : answer.inFlight === undefined
        ? `${verb} is taken up by ${id}`
        : `${verb}: ${id} begins nothing more; ${inFlight === 0 ? 'nothing is in progress' : `${inFlight} in progress ${inFlight === 1 ? 'goes' : 'go'} to the end`}`;
  return {
    json: { rollout: known.id, verb, ...answer },
    text: `${said}\nNext: tidegate rollout watch ${id}`,
  };
}

async function takenUp(
  home: Home,
  to: RolloutAddress,
  verb: string,
  request: string,
  hasGate: boolean,
): Promise<Answer> {
  const closes = hasGate && (verb === 'pause' || verb === 'abort' || verb === 'rollback');
  const late = AbortSignal.timeout(takenUpMs);
  let heard = false;
  const ledger = await Ledger.open(home.ledger);
  for await (const { entry } of ledger.follow(to.id, late, to.endByte)) {
    const event = rolloutEntrySchema.parse(entry);
    if (event.kind === 'note' && event.refused?.request === request) throw refused(event.refused);
    heard ||= event.kind === 'asked' && event.request === request;
    if (heard && !closes) return { state: 'done' };
    if (heard && isClosed(event)) return { state: 'done', inFlight: event.inFlight };
  }
  return { state: 'recorded', because: `the worker has not taken it up within ${takenUpMs / 1000} s` };
}

/** @returns the error by which a request was refused. */
export function refused({ code, why }: { code: string; why: string }): TidegateError {
  return new TidegateError(isErrorCode(code) ? code : 'TG_INTERNAL', why);
}

function isClosed(event: RolloutEntry): event is Extract<RolloutEntry, { kind: 'gate' }> {
  return event.kind === 'gate' && event.state === 'closed';
}

function ended(known: KnownRollout): TidegateError {
  const id = shortId(known.id);
  const how = known.record.ended
    ? `ended: ${known.record.ended.result}`
    : 'is no longer under way in Temporal';
  return new TidegateError('TG_ROLLOUT_ENDED', {
    detail: `${id} ${how}`,
    next: known.record.ended
      ? `tidegate rollout report ${id}`
      : `tidegate rollout retry ${id}, or tidegate rollout rollback ${id}`,
  });
}
