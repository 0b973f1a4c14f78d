import { Context } from '@temporalio/activity';
import type { Phase } from '../../model/ledger';
import { Ranges } from '../../model/ranges';
import { nextOpening } from '../../model/window';
import type {
  BatchInput,
  BatchResult,
  OpenedRollout,
  RolloutInput,
  RolloutRef,
  RolloutResult,
  RolloutSums,
} from '../../workflows/contract';
import type { Authority } from '../authority';
import { heartbeating } from '../heartbeating';
import { type AskedOfRollout, takeAsked } from './asked';
import { runBatch } from './batch';
import type { Book, Books } from './book';
import { nameOf } from './names';
import { notify } from './notify';
import { openRollout } from './open';
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
      work = (async () =>
        new RolloutWork(secured, book, await Planned.load(secured.files, plan, fleet), fleet))();
      works.set(rollout, work);
      work.catch(() => works.delete(rollout));
    }
    (await work).planned.renew(fleet);
    return work;
  }

  return {
    openRollout: (input: RolloutInput): Promise<OpenedRollout> =>
      openRollout(secured, books, authority, input),

    async rehearse(ref: RolloutRef): Promise<void> {
      await heartbeating(async () => rehearse(await workOf(ref)));
    },

    async runBatch(input: BatchInput): Promise<BatchResult> {
      const work = await workOf(input);
      const key = [input.rollout, input.action, input.wave, Context.current().info.activityId].join('/');
      let batch = batches.get(key);
      if (!batch) {
        batch = runBatch(work, input, Context.current().cancellationSignal).finally(() =>
          batches.delete(key),
        );
        batches.set(key, batch);
      }
      const running = batch;
      return heartbeating(() => running);
    },

    async watchSoak(input: RolloutRef & { hosts: string }): Promise<number> {
      return heartbeating(async () => watchSoak(await workOf(input), Ranges.fromText(input.hosts)));
    },

    async closeGate(ref: RolloutRef): Promise<number> {
      const book = await books.open(ref.rollout);
      const inFlight = await secured.gate.close(ref.rollout);
      if (book.record.started) await book.append({ kind: 'gate', state: 'closed', inFlight });
      return inFlight;
    },

    async openGate(ref: RolloutRef): Promise<void> {
      const book = await bookUnderWay(ref);
      const { record } = await Planned.load(secured.files, ref.plan, await secured.fleet());
      const window = record.plan.window && nextOpening(record.plan.window, Date.now());
      const longestMs = Math.max(
        ...record.waves.map((wave) => wave.expectedMs / Math.max(1, wave.to - wave.from)),
        0,
      );
      secured.gate.open(ref.rollout, window ? window.closesAt - longestMs : undefined);
      if (book.record.gate === 'closed')
        await book.append({ kind: 'gate', state: 'open', inFlight: book.record.inFlight().length });
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
      await notify(
        await workOf(ref),
        'stop',
        `the failure budget is spent: ${failures} of ${stopAt}; then ${next}`,
      );
    },

    async sums(ref: RolloutRef): Promise<RolloutSums> {
      return sumsOf(await workOf(ref));
    },

    /** Hosts that were never reached in all their tries are owed. */
    async owe(ref: RolloutRef & { hosts: string }): Promise<{ failures: number }> {
      const work = await workOf(ref);
      const owed = [...Ranges.fromText(ref.hosts)].map((index) => ({ ...work.record(index), index }));
      await work.book.append(
        ...owed
          .filter(({ state }) => state === 'pending')
          .map(({ index, name, code, detail, attempt }) => {
            return {
              kind: 'state',
              host: name,
              index,
              state: 'owed',
              code,
              detail,
              failure: false,
              attempt,
            } as const;
          }),
      );
      return { failures: work.book.record.failures() };
    },

    /** Takes up what failed, is owed or was never reached. @returns the indexes that are pending again. */
    async retryHosts(ref: RolloutRef & { hosts?: string }): Promise<string> {
      return (await retry(await workOf(ref), ref.hosts)).toText();
    },

    /** The hosts as people read them in the Temporal UI. */
    async nameHosts(ref: RolloutRef & { hosts: string }): Promise<string> {
      return nameOf((await workOf(ref)).planned.list, Ranges.fromText(ref.hosts));
    },

    async windowOpensInMs(ref: RolloutRef): Promise<number> {
      const { plan } = (await workOf(ref)).planned.record;
      if (!plan.window) return 0;
      const now = Date.now();
      return Math.max(0, nextOpening(plan.window, now).opensAt - now);
    },

    async notify(ref: RolloutRef & { event: string; detail: string }): Promise<void> {
      await notify(await workOf(ref), ref.event, ref.detail);
    },

    async finish(
      ref: RolloutRef & { aborted: boolean; rolledBack?: boolean; failed?: string },
    ): Promise<RolloutResult['result']> {
      const { record } = await books.open(ref.rollout);
      if (record.ended) return record.ended.result;
      const work = await workOf(ref);
      const counts = record.counts();
      const notDone = counts.pending + counts.owed + counts.failed + counts.quarantined;
      const undone = counts.applied + counts.failed + counts.quarantined;
      let result: RolloutResult['result'] = notDone + counts['rolled back'] > 0 ? 'incomplete' : 'done';
      if (ref.aborted) result = 'aborted';
      if (ref.rolledBack) result = undone > 0 ? 'incomplete' : 'rolled back';
      if (ref.failed) result = 'failed';
      await work.book.append({ kind: 'ended rollout', result, detail: ref.failed });
      await notify(work, 'end', result);
      works.delete(ref.rollout);
      return result;
    },
  };
}
