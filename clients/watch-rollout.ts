import { type RolloutEntry, rolloutEntrySchema } from '../model/ledger';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import type { RolloutResult } from '../workflows/contract/rollout';
import { Liveness, type Signs } from './liveness';
import type { Output } from './output';
import { workerCommand } from './procedure';
import { type KnownRollout, pictureOf, readRollout } from './rollouts';
import { type ExitCode, interrupted } from './verb';
import { errorText } from './view/error';
import { shortId } from './view/rollout/words';
import { type WatchView, watchView } from './watch-view';

/** Fast enough to look alive, slow enough to read; drawing 100,000 hosts takes some 50 ms. */
const drawMs = 500;
/** A restart of the server or the worker is noticed this fast. */
const lookMs = 2_000;

/**
 * Shows a rollout until it ends: drawn over and over on a terminal, in plain lines elsewhere, as JSON an event a
 * line. What is shown comes from the ledger, so it goes on while Temporal or the worker is away, and says so.
 * @param id - the ID, or a start of it; the newest rollout when absent
 * @param wanted - the end that was asked for
 * @returns 0 when it ended so, 3 when hosts are not done, 130 after Ctrl-C, which leaves it running
 * @throws TG_ROLLOUT_NOT_FOUND, and by name what ended its workflow without an end in the ledger
 */
export async function watchRollout(
  home: Home,
  id: string | undefined,
  output: Output,
  wanted: RolloutResult['result'] = 'done',
): Promise<ExitCode> {
  const known = await readRollout(home, id);
  const view = watchView(output);
  const stop = new AbortController();
  const stopWatching = (): void => stop.abort();
  process.once('SIGINT', stopWatching);
  try {
    if (!known.record.ended) await follow(home, known, view, stop);
  } finally {
    view.end(pictureOf(known));
    process.removeListener('SIGINT', stopWatching);
  }
  if (known.record.ended) return known.record.ended.result === wanted ? 0 : 3;
  output.note(`It goes on without you.   Watch it again: tidegate rollout watch ${shortId(known.id)}`);
  return interrupted;
}

/** Until the ledger says that it ended, `stop` is aborted, or the workflow is found ended without an end. */
async function follow(
  home: Home,
  known: KnownRollout,
  view: WatchView,
  stop: AbortController,
): Promise<void> {
  const { fleet, plan } = known.plan;
  const liveness = Liveness.of(home, known.id, fleet, plan.package);
  let signs: Signs = { worker: true, temporal: true };
  let failure: unknown;
  const look = repeat(lookMs, stop.signal, async () => {
    try {
      signs = await liveness.look();
    } catch (error) {
      failure = error;
      stop.abort();
    }
  });
  const draw = repeat(drawMs, stop.signal, async () => view.draw(pictureOf(known), warning(signs)));
  for await (const event of newEvents(home, known, stop.signal)) {
    known.record.add(event);
    view.event(event);
    if (event.kind === 'ended rollout') break;
  }
  stop.abort();
  await Promise.all([look, draw]);
  await liveness.close();
  // The end may have been written between our last read of the ledger and the look at the workflow.
  if (failure !== undefined && !(await readRollout(home, known.id)).record.ended) throw failure;
}

async function* newEvents(
  home: Home,
  known: KnownRollout,
  signal: AbortSignal,
): AsyncGenerator<RolloutEntry> {
  const ledger = await Ledger.open(home.ledger);
  for await (const { entry } of ledger.follow(known.id, signal, known.endByte))
    yield rolloutEntrySchema.parse(entry);
}

function warning({ worker, temporal, stuck }: Signs): string | undefined {
  if (!worker) return `No worker runs: nothing more begins. In another terminal: ${workerCommand()}`;
  if (stuck) return errorText(stuck, Number.POSITIVE_INFINITY);
  return temporal ? undefined : 'Temporal does not answer; trying again. This is what the ledger says.';
}

/** Does the work now and then every so often, never twice at once, until the signal is aborted. */
async function repeat(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, everyMs);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }
}
