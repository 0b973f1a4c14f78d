import { randomBytes } from 'node:crypto';
import { type Client, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { TidegateError } from '../model/errors';
import { goOnOrder, runOrder } from '../model/orders';
import { type RunRequest, runRequestSchema } from '../model/run-request';
import { summaryOf } from '../model/summary';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { type RunAsked, type RunInput, runWorkflowId } from '../workflows/contract/run';
import { taskQueue } from '../workflows/contract/server';
import { followRun, type Watcher } from './follow-run';
import { fleetName, requireWorker, useTemporal } from './procedure';
import { resultOf } from './result-of';
import { type KnownRun, readRequest, shortRunId } from './runs';
import { signOrder } from './sign-order';
import type { Invocation } from './verb';

/** As `Watcher`, and told first of all, before anything begins, what the run is called. */
export interface Starter extends Watcher {
  started?(id: string): Promise<void>;
}

/**
 * Starts a run, push or pull and stays with it to its end. Ctrl-C stops it: nothing more is sent, what was sent goes
 * to its end; a second one leaves at once.
 * @throws TG_USAGE, TG_WORKER_MISSING, TG_TEMPORAL_UNREACHABLE, and what the worker refuses: TG_SELECTOR_INVALID,
 * TG_SELECTOR_EMPTY
 */
export async function runOnHosts(
  home: Home,
  invocation: Pick<Invocation, 'actor' | 'output' | 'signWith'>,
  request: RunRequest,
  doing: string,
  watcher: Starter = {},
): Promise<KnownRun> {
  refuseWhatIsOutOfRange(request);
  await requireWorker(home);
  const fleet = await fleetName(home);
  const run = `run-${randomBytes(8).toString('hex')}`;
  const digest = await new Files(home.files).putJson(request);
  const { actor, output } = invocation;
  const mandate = await signOrder(home, invocation, runOrder({ run, request: digest }));
  return useTemporal(home, async (client) => {
    await watcher.started?.(run);
    const input: RunInput = { fleet, run, request: digest, actor, mandate };
    const handle = await client.workflow.start('run', {
      args: [input],
      taskQueue: taskQueue(fleet),
      workflowId: runWorkflowId(fleet, run),
      staticSummary: summaryOf(doing),
    });
    const ask = (signal: 'goOn' | 'stop', asked: RunAsked) =>
      handle.signal(signal, asked).catch((error: unknown) => {
        // It has ended meanwhile: its book says how.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
    const answer = async (goOn: boolean) => {
      if (!goOn) return ask('stop', { actor });
      const signed = await signOrder(home, invocation, goOnOrder({ run, request: digest }));
      return ask('goOn', { actor, mandate: signed });
    };
    const stopper = stopOnInterrupt(invocation, run, () => ask('stop', { actor }));
    try {
      const record = await followRun(home, run, { output, doing, watcher }, answer, refusal(client, handle));
      return { id: run, record, ...(await readRequest(home, record)) };
    } finally {
      stopper.end();
    }
  });
}

/** What the worker would find invalid is told here, in the words of the command line. @throws TG_USAGE */
function refuseWhatIsOutOfRange(request: RunRequest): void {
  const issue = runRequestSchema.safeParse(request).error?.issues[0];
  if (issue) throw new TidegateError('TG_USAGE', `${issue.path.join('.')}: ${issue.message}`);
}

/** Rejects with what failed the workflow, or keeps it from going on; its end by itself is told by the book. */
async function refusal(client: Client, handle: WorkflowHandle): Promise<never> {
  await resultOf(client, handle);
  return new Promise<never>(() => undefined);
}

function stopOnInterrupt(
  { output }: Pick<Invocation, 'output'>,
  run: string,
  stop: () => Promise<void>,
): { end(): void } {
  let asked = false;
  const onInterrupt = () => {
    if (asked) {
      output.note(`Left.   What came of it: tidegate run show ${shortRunId(run)}`);
      process.exit(130);
    }
    asked = true;
    output.note(
      'Stopping: nothing more is sent; what was sent goes to its end. Ctrl-C again leaves at once.',
    );
    stop().catch((error: unknown) => output.note(`it could not be asked to stop: ${String(error)}`));
  };
  process.on('SIGINT', onInterrupt);
  return { end: () => void process.off('SIGINT', onInterrupt) };
}
