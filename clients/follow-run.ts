import { type RunEntry, type RunResultEntry, runEntrySchema } from '../model/run-ledger';
import { AnsweredRun } from '../model/run-record';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import type { Output } from './output';
import { shortRunId } from './runs';

/** How often a person is told how far it is. */
const tellMs = 200;

/** What whoever started a run wants to know while it goes on. */
export interface Watcher {
  result?(entry: RunResultEntry): void | Promise<void>;
  /**
   * The first hosts have run.
   * @param elsewhere - aborted when somebody else has answered.
   * @returns whether the others follow; undefined when somebody else will say.
   */
  goOn?(record: AnsweredRun, elsewhere: AbortSignal): Promise<boolean | undefined>;
}

/**
 * Follows the book of a run to its end, and asks its watcher whether it goes on.
 * @param answer - carries the watcher's answer to the run.
 * @param refused - rejects with what the worker refused before there was a book.
 */
export async function followRun(
  home: Home,
  run: string,
  { output, doing, watcher }: { output: Output; doing: string; watcher: Watcher },
  answer: (goOn: boolean) => Promise<void>,
  refused: Promise<never>,
): Promise<AnsweredRun> {
  const record = new AnsweredRun();
  const over = new AbortController();
  const tell = setInterval(() => {
    // A line that is drawn again and again would wipe out the question.
    if (!record.waiting) output.progress(progressLine(record, doing));
  }, tellMs);
  let answered = new AbortController();
  let failAsking: (error: unknown) => void = () => undefined;
  const askingFailed = new Promise<never>((_, fail) => {
    failAsking = fail;
  });
  const ask = async (elsewhere: AbortSignal) => {
    const goOn = await watcher.goOn?.(record, elsewhere);
    if (goOn !== undefined && !elsewhere.aborted) await answer(goOn);
  };
  const see = async (event: RunEntry) => {
    record.add(event);
    if (event.kind === 'result') await watcher.result?.(event);
    if (event.kind === 'asked' || event.kind === 'ended run') answered.abort();
    if (event.kind === 'refused')
      output.note(`${event.verb} was refused: ${event.code}  ${event.detail}\n${waitsLine(run)}`);
    if (event.kind !== 'waiting') return;
    answered = new AbortController();
    // Beside the book: somebody else may answer before the one who is asked here.
    ask(answered.signal).catch(failAsking);
  };
  const told = (async () => {
    for await (const { entry } of (await Ledger.open(home.ledger)).follow(run, over.signal)) {
      const event = runEntrySchema.parse(entry);
      await see(event);
      if (event.kind === 'ended run') break;
    }
  })();
  try {
    await Promise.race([told, askingFailed, refused]);
    return record;
  } finally {
    clearInterval(tell);
    answered.abort();
    over.abort();
  }
}

/** What is typed when a run waits and nobody is asked here. */
export const waitsLine = (run: string) =>
  `It waits.   In another terminal: tidegate run go-on ${shortRunId(run)}, or tidegate run stop ${shortRunId(run)}`;

function progressLine(record: AnsweredRun, doing: string): string {
  const hosts = record.started?.hosts;
  if (hosts === undefined) return `${doing} …`;
  const { ok } = record.counts();
  const done = record.outcomes.size;
  const bad = done - ok;
  return `${doing}: ${done} of ${hosts} done${bad > 0 ? `, ${bad} of them not ok` : ''}, ${record.inProgress()} now`;
}
