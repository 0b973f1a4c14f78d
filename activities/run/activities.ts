import { Context } from '@temporalio/activity';
import { selectHosts } from '../../fleet/select-hosts';
import { runOrder } from '../../model/orders';
import { runRequestSchema } from '../../model/run-request';
import { spreadOverDomains } from '../../model/spread';
import { Turns } from '../../model/turns';
import type { Ledger } from '../../store/ledger';
import type { RunAsked, RunInput, RunRef, RunSummary } from '../../workflows/contract/run';
import type { Authority } from '../authority';
import type { Secured } from '../rollout/work';
import { takeAnswer } from './answer';
import { RunBook } from './book';
import { closeRun } from './close';
import { loadWork } from './load';

export type RunActivities = ReturnType<typeof createRunActivities>;

/** The activities of `run`, `push` and `pull`, over what the secured worker holds. */
export function createRunActivities(
  secured: Secured,
  given: { ledger: Ledger; authority: Authority; stateFolder: string },
) {
  const { ledger, authority, stateFolder } = given;
  const books = new Map<string, Promise<RunBook>>();
  const bookOf = (run: string) => {
    const known = books.get(run) ?? RunBook.open(ledger, run);
    books.set(run, known);
    known.catch(() => books.delete(run));
    return known;
  };
  const turns = new Turns();

  return {
    /**
     * Selects the hosts, freezes their list, and begins the run's book; safe to run twice.
     * @throws TG_SELECTOR_INVALID, TG_SELECTOR_EMPTY, TG_MANDATE_MISSING, TG_MANDATE_REFUSED
     */
    async openRun(input: RunInput): Promise<{ hosts: number; canary: number }> {
      const actor = await authority.prove(input, runOrder(input));
      const request = await secured.files.getJson(input.request, runRequestSchema);
      const book = await bookOf(input.run);
      if (!book.record.started) {
        const fleet = await secured.fleet('plan');
        const selected = await selectHosts(fleet, request.selector, { ledger, files: secured.files });
        const list = spreadOverDomains(selected).map(({ name }) => name);
        await book.append({
          kind: 'started',
          fleet: input.fleet,
          request: input.request,
          list: await secured.files.putJson(list),
          hosts: list.length,
          actor,
        });
      }
      const { hosts } = book.record.started!;
      return { hosts, canary: request.canary >= hosts ? 0 : request.canary };
    },

    /** Hosts [from, to) of the run's list, to their ends. */
    async runHosts(ref: RunRef & { from: number; to: number }): Promise<void> {
      const signal = Context.current().cancellationSignal;
      // A second attempt in one process begins when the first one sends to nobody any more.
      await turns.take(ref.run, async () => {
        const book = await bookOf(ref.run);
        if (book.record.stopped) await secured.gate.close(ref.run);
        const work = await loadWork(secured, book, stateFolder);
        try {
          await work.hosts(ref.from, ref.to, signal);
        } finally {
          await work.common.stream?.end();
        }
      });
    },

    async askAboutRun(ref: RunRef): Promise<void> {
      const book = await bookOf(ref.run);
      await book.append({ kind: 'waiting', hosts: book.record.outcomes.size });
    },

    /** @returns whether the answer counts. */
    async answerRun(ref: RunRef & RunAsked & { verb: 'go on' | 'stop' }): Promise<boolean> {
      return takeAnswer(await bookOf(ref.run), { authority, gate: secured.gate }, ref);
    },

    /** The hosts that it was never the turn of are told so; then the book is closed. */
    async endRun(ref: RunRef): Promise<RunSummary> {
      const summary = await closeRun(await bookOf(ref.run), secured.files, stateFolder);
      books.delete(ref.run);
      return summary;
    },
  };
}
