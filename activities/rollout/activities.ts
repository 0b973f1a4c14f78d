import { Context } from '@temporalio/activity';
import type { Phase } from '../../model/ledger';
import { planRecordSchema } from '../../model/plan-record';
import { Ranges } from '../../model/ranges';
import type { OwedLook } from '../../workflows/contract/owed';
import type {
  OpenedRollout,
  RolloutInput,
  RolloutRef,
  RolloutResult,
  RolloutSums,
  SoakWatched,
  WindowOpens,
} from '../../workflows/contract/rollout';
import type { BatchInput, BatchResult } from '../../workflows/contract/wave';
import type { Authority } from '../authority';
import { type AskedOfRollout, takeAsked } from './asked';
import { runBatch } from './batch';
import type { Book, Books } from './book';
import { finish } from './finish';
import { nameOf } from './names';
import { type Notice, notify } from './notify';
import { openRollout } from './open';
import { followAllOverdue } from './overdue';
import { lookForOwed, owe } from './owed';
import { Planned } from './planned';
import { rehearse } from './rehearse';
import { retry } from './retry';
import { watchSoak } from './soak';
import { sumsOf } from './sums';
import { requireUnderWay } from './under-way';
import { RolloutWork, type Secured } from './work';

export type RolloutActivities = ReturnType<typeof createRolloutActivities>;

/** The activities of a rollout, over what the secured worker holds. */
export function createRolloutActivities(secured: Secured, books: Books, authority: Authority) {
  const works = new Map<string, Promise<RolloutWork>>();
  const batches = new Map<string, Promise<BatchResult>>();

  async function bookUnderWay(ref: RolloutRef): Promise<Book> {
    const book = await books.open(ref.rollout);
    requireUnderWay(book.record, ref);
    return book;
  }

  /** One `RolloutWork` a rollout in this process, made from the ledger when it is first needed. */
  async function workOf(ref: RolloutRef): Promise<RolloutWork> {
    const { rollout, plan } = ref;
    const book = await bookUnderWay(ref);
    const fleet = await secured.fleet();
    let work = works.get(rollout);
    if (!work) {
      work = (async () => {
        const begun = new RolloutWork(secured, book, await Planned.load(secured.files, plan, fleet), fleet);
        followAllOverdue(begun);
        return begun;
      })();
      works.set(rollout, work);
      work.catch(() => works.delete(rollout));
    }
    (await work).planned.renew(fleet);
    return work;
  }

  return {
    openRollout: (input: RolloutInput): Promise<OpenedRollout> =>
      openRollout(secured, books, authority, input),

    async rehearse(ref: RolloutRef): Promise<'done' | 'held'> {
      return rehearse(await workOf(ref));
    },

    async runBatch(input: BatchInput): Promise<BatchResult> {
      const work = await workOf(input);
      const { workflowExecution, activityId } = Context.current().info;
      // Activities are numbered anew in each run of a workflow.
      const key = [workflowExecution?.runId, activityId].join('/');
      let batch = batches.get(key);
      if (!batch) {
        batch = runBatch(work, input, Context.current().cancellationSignal).finally(() =>
          batches.delete(key),
        );
        batches.set(key, batch);
      }
      return batch;
    },

    async watchSoak(input: RolloutRef & { hosts: string; last: boolean }): Promise<SoakWatched> {
      const signal = Context.current().cancellationSignal;
      return watchSoak(await workOf(input), Ranges.fromText(input.hosts), input.last, signal);
    },

    async closeGate(ref: RolloutRef & { turn: number }): Promise<number> {
      const { rollout, turn } = ref;
      const book = await books.open(rollout);
      const inFlight = await secured.gate.close(rollout, turn);
      // Of a rollout that ended nothing begins; its book is closed.
      if (book.record.started && !book.record.ended)
        await book.append({ kind: 'gate', state: 'closed', inFlight });
      return inFlight;
    },

    /** @returns the turn of the close that overtook it; undefined when the gate is open. */
    async openGate(ref: RolloutRef & { turn: number }): Promise<number | undefined> {
      const book = await bookUnderWay(ref);
      const overtakenBy = secured.gate.open(ref.rollout, ref.turn);
      if (overtakenBy === undefined && book.record.gate === 'closed')
        await book.append({ kind: 'gate', state: 'open', inFlight: book.record.inFlight().length });
      return overtakenBy;
    },

    async enterPhase(
      ref: RolloutRef & { phase: Phase; wave: number; detail?: string; untilAt?: string },
    ): Promise<void> {
      const { phase, wave, detail, untilAt } = ref;
      if (phase === 'wave') await secured.fleet('wave');
      await (await bookUnderWay(ref)).append({ kind: 'phase', phase, wave, detail, untilAt });
    },

    async asked(input: AskedOfRollout): Promise<string | undefined> {
      return takeAsked(await books.open(input.rollout), authority, input);
    },

    async budgetSpent(ref: RolloutRef & { failures: number; stopAt: number; next: string }): Promise<void> {
      const { failures, stopAt, next } = ref;
      await (await bookUnderWay(ref)).append({ kind: 'budget', failures, stopAt, next });
    },

    async sums(ref: RolloutRef): Promise<RolloutSums> {
      return sumsOf(await workOf(ref));
    },

    /** Hosts that were never reached in all their tries are owed. */
    async owe(ref: RolloutRef & { hosts: string }): Promise<{ failures: number }> {
      return owe(await workOf(ref), Ranges.fromText(ref.hosts));
    },

    async countOwed(ref: RolloutRef): Promise<number> {
      return (await books.open(ref.rollout)).record.counts().owed;
    },

    /** Which owed hosts are back, of a rollout that has ended. */
    lookForOwed: (ref: RolloutRef): Promise<OwedLook> => lookForOwed(secured, books, ref),

    /** Takes up what failed, is owed or was never reached. @returns the indexes that are pending again. */
    async retryHosts(ref: RolloutRef & { hosts?: string }): Promise<string> {
      return (await retry(await workOf(ref), ref.hosts)).toText();
    },

    /** The hosts as people read them in the Temporal UI. */
    async nameHosts(ref: RolloutRef & { hosts: string }): Promise<string> {
      return nameOf((await workOf(ref)).planned.list, Ranges.fromText(ref.hosts));
    },

    /** When operations may begin: the zone's rules may have changed since it was asked last (decision 14). */
    async windowOpens(ref: RolloutRef & { action: 'apply' | 'undo' }): Promise<WindowOpens> {
      const work = await workOf(ref);
      const { window } = work.planned.record.plan;
      const begins = work.begins(ref.action);
      if (!window || !begins) return { inMs: 0, detail: '' };
      return {
        inMs: Math.max(0, begins.firstAt - Date.now()),
        detail: `${window.days} ${window.from}-${window.to} ${window.zone}, tzdata ${process.versions.tz}`,
      };
    },

    async notify(ref: RolloutRef & Pick<Notice, 'event' | 'detail'>): Promise<void> {
      const { fleet, rollout, event, detail } = ref;
      const book = await books.open(rollout);
      // The command is the plan's: only that of a rollout that was let in is run.
      if (book.record.started?.plan !== ref.plan) return;
      const { plan, artifact } = await secured.files.getJson(ref.plan, planRecordSchema);
      const { package: name, notify: how } = plan;
      if (!how) return;
      const notice = { fleet, rollout, package: name, version: artifact.version, event, detail };
      await notify(book, how, notice);
    },

    async finish(
      ref: RolloutRef & { aborted: boolean; rolledBack?: boolean; failed?: string },
    ): Promise<RolloutResult['result']> {
      const { record } = await books.open(ref.rollout);
      if (record.ended) return record.ended.result;
      const result = await finish(await workOf(ref), ref);
      works.delete(ref.rollout);
      return result;
    },
  };
}
