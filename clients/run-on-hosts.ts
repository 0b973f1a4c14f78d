import { randomBytes } from 'node:crypto';
import { goOnOrder, runOrder } from '../model/orders';
import { type RunEntry, runEntrySchema } from '../model/run-ledger';
import { RunRecord } from '../model/run-record';
import type { RunRequest } from '../model/run-request';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { type RunAsked, type RunInput, runWorkflowId, taskQueue } from '../workflows/contract';
import { fleetName, requireWorker, useTemporal } from './procedure';
import { type KnownRun, readRequest, shortRunId } from './runs';
import { signOrder } from './sign-order';
import type { Invocation } from './verb';

/** How often a person is told how far it is. */
const tellMs = 200;

/** What whoever started a run wants to know while it goes on. */
export interface Watcher {
  result?(entry: Extract<RunEntry, { kind: 'result' }>): void | Promise<void>;
  /** The first hosts have run. @returns whether the others follow; undefined when somebody else will say. */
  goOn?(record: RunRecord): Promise<boolean | undefined>;
  /** Called once, when the ID is known. */
  started?(id: string, over: () => boolean): void;
}

/**
 * Starts a run, push or pull and stays with it to its end. Ctrl-C stops it: nothing more is sent, what was sent goes
 * to its end; a second one leaves at once.
 * @throws TG_WORKER_MISSING, TG_TEMPORAL_UNREACHABLE, and what the worker refuses: TG_SELECTOR_INVALID, TG_SELECTOR_EMPTY
 */
export async function runOnHosts(
  home: Home,
  invocation: Pick<Invocation, 'actor' | 'output' | 'signWith'>,
  request: RunRequest,
  doing: string,
  watcher: Watcher = {},
): Promise<KnownRun> {
  await requireWorker(home);
  const fleet = await fleetName(home);
  const run = `run-${randomBytes(8).toString('hex')}`;
  const digest = await new Files(home.files).putJson(request);
  const { actor } = invocation;
  const mandate = await signOrder(home, invocation, runOrder({ run, request: digest }));
  return useTemporal(home, async (client) => {
    const input: RunInput = { fleet, run, request: digest, actor, mandate };
    const handle = await client.workflow.start('run', {
      args: [input],
      taskQueue: taskQueue(fleet),
      workflowId: runWorkflowId(fleet, run),
      staticSummary: doing.slice(0, 200),
    });
    const ask = (signal: 'goOn' | 'stop', asked: RunAsked) => handle.signal(signal, asked);
    const sign = () => signOrder(home, invocation, goOnOrder({ run, request: digest }));
    const stopper = stopOnInterrupt(invocation, run, () => ask('stop', { actor }));
    try {
      const record = await follow(home, run, invocation, doing, watcher, { ask, sign }, refusal(handle));
      return { id: run, record, ...(await readRequest(home, record)) };
    } finally {
      stopper.end();
    }
  });
}

/** Follows the book; what the worker refuses before it begins one is thrown as the workflow's failure. */
async function follow(
  home: Home,
  run: string,
  { actor, output }: Pick<Invocation, 'actor' | 'output'>,
  doing: string,
  watcher: Watcher,
  {
    ask,
    sign,
  }: {
    ask(signal: 'goOn' | 'stop', asked: RunAsked): Promise<void>;
    sign(): Promise<RunAsked['mandate']>;
  },
  refused: Promise<never>,
): Promise<RunRecord> {
  const record = new RunRecord();
  const over = new AbortController();
  watcher.started?.(run, () => over.signal.aborted);
  const tell = setInterval(() => output.progress(progressLine(record, doing)), tellMs);
  const told = (async () => {
    for await (const { entry } of (await Ledger.open(home.ledger)).follow(run, over.signal)) {
      const event = runEntrySchema.parse(entry);
      record.add(event);
      if (event.kind === 'result') await watcher.result?.(event);
      if (event.kind === 'waiting') {
        const answer = await watcher.goOn?.(record);
        if (answer === true) await ask('goOn', { actor, mandate: await sign() });
        else if (answer === false) await ask('stop', { actor });
      }
      if (event.kind === 'ended run') break;
    }
  })();
  try {
    await Promise.race([told, refused]);
    return record;
  } finally {
    clearInterval(tell);
    over.abort();
  }
}

/** Rejects with what failed the workflow; its end by itself is told by the book. */
async function refusal(handle: { result(): Promise<unknown> }): Promise<never> {
  await handle.result();
  return new Promise<never>(() => undefined);
}

function progressLine(record: RunRecord, doing: string): string {
  const hosts = record.started?.hosts;
  if (hosts === undefined) return `${doing} …`;
  const { ok } = record.counts();
  const done = record.results.size;
  const bad = done - ok;
  const now = record.inProgress().length;
  return `${doing}: ${done} of ${hosts} done${bad > 0 ? `, ${bad} of them not ok` : ''}, ${now} now`;
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
