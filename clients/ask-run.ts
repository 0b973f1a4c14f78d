import { WorkflowNotFoundError } from '@temporalio/client';
import { isErrorCode, TidegateError } from '../model/errors';
import { runEntrySchema } from '../model/run-ledger';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { type RunAsked, runWorkflowId } from '../workflows/contract/run';
import { requireWorker, useTemporal } from './procedure';
import { type KnownRun, shortRunId } from './runs';
import type { Outcome } from './verb';

/** A worker that is there takes a signal up in well under a second; a busy machine may need longer. */
const takenUpMs = 20_000;

/**
 * Tells a run to go on or to stop, and waits until its book says that it was taken up.
 * @throws TG_RUN_ENDED, TG_WORKER_MISSING, TG_TEMPORAL_UNREACHABLE,
 * TG_MANDATE_REFUSED, TG_MANDATE_MISSING, TG_RUN_NOT_WAITING
 */
export async function askRun(
  home: Home,
  known: KnownRun & { endByte: number },
  signal: 'goOn' | 'stop',
  asked: RunAsked,
): Promise<Outcome> {
  const id = shortRunId(known.id);
  const ended = () =>
    new TidegateError('TG_RUN_ENDED', { detail: `${id} has ended`, next: `tidegate run show ${id}` });
  if (known.record.ended) throw ended();
  await requireWorker(home);
  await useTemporal(home, async (client) => {
    try {
      const workflowId = runWorkflowId(known.record.started?.fleet ?? '', known.id);
      await client.workflow.getHandle(workflowId).signal(signal, asked);
    } catch (error) {
      throw error instanceof WorkflowNotFoundError ? ended() : error;
    }
  });
  const verb = signal === 'stop' ? 'stop' : 'go on';
  const late = AbortSignal.timeout(takenUpMs);
  let seen = false;
  for await (const { entry } of (await Ledger.open(home.ledger)).follow(known.id, late, known.endByte)) {
    const event = runEntrySchema.parse(entry);
    if (event.kind === 'refused' && event.verb === verb)
      throw new TidegateError(isErrorCode(event.code) ? event.code : 'TG_MANDATE_REFUSED', event.detail);
    seen = (event.kind === 'asked' && event.verb === verb) || event.kind === 'ended run';
    if (seen) break;
  }
  const said = seen
    ? `${verb}: ${id} has taken it up`
    : `${verb} is recorded for ${id}; it was not taken up yet`;
  return { json: { run: known.id, verb, takenUp: seen }, text: `${said}\nNext: tidegate run show ${id}` };
}
