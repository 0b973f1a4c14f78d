import { setImmediate } from 'node:timers/promises';
import { Ranges } from '../../model/ranges';
import { canBeTakenBack } from '../../model/record';
import type { BatchInput, BatchResult } from '../../workflows/contract/wave';
import { Ahead } from './ahead';
import { apply } from './apply';
import { failByDefect } from './defect';
import { lookEveryMs, Starved } from './starved';
import { undo } from './undo';
import type { RolloutWork } from './work';

/**
 * Runs a stretch of hosts with a window that refills, and says where each of them is.
 * When other hosts wait behind this batch it returns as soon as all of its own have begun: those in progress go on in
 * `work`, and the next batch, which names them again, waits for them there (or, after a crash, attaches to them).
 * Hosts that can only wait for others go over to the next batch too: there are hosts in it that need not.
 * @param signal - aborted when Temporal no longer wants this attempt: nothing more begins.
 */
export async function runBatch(
  work: RolloutWork,
  input: BatchInput,
  signal: AbortSignal,
  everyMs = lookEveryMs,
): Promise<BatchResult> {
  work.stopping = false;
  const stop = () => {
    work.stopping = true;
    work.secured.gate.poke();
  };
  signal.addEventListener('abort', stop, { once: true });
  work.allow(input.stopAt ?? Number.POSITIVE_INFINITY);
  const waiting = [...Ranges.fromText(input.hosts)];
  const starved = new Starved(work, everyMs);
  const mine = new Set<number>();
  const failures: unknown[] = [];
  const next = () => {
    // What is wrong with us is said when the hosts in progress are through: nobody else sees to them.
    const ahead = new Ahead(work, mine);
    while (failures.length === 0) {
      // What is in progress on its host is followed to its end, whatever else may not begin.
      const may = !halted(work, input);
      const at = waiting.findIndex((index) => followed(work, index) || (may && ahead.takes(index)));
      if (at < 0) return;
      const [index] = waiting.splice(at, 1) as [number];
      mine.add(index);
      ahead.add(index);
      const task = () => (input.action === 'apply' ? apply(work, index, input.wave) : undo(work, index));
      work
        .start(index, () => task().catch((error: unknown) => failByDefect(work, index, input.action, error)))
        .catch((error: unknown) => {
          failures.push(error);
          // Nothing is in progress there: whoever comes next need not wait for its slot.
          if (!work.record(index).running)
            work.settle(index, { withBudget: input.action === 'apply', failed: false });
        })
        .finally(() => mine.delete(index));
    }
  };
  const handsOver = () =>
    input.handOver &&
    failures.length === 0 &&
    waiting.every((index) => starved.has(index)) &&
    [...mine].every((index) => work.hasBegun(index) || starved.has(index));
  try {
    for (;;) {
      const change = work.changed(everyMs);
      next();
      if (mine.size === 0 && (waiting.length === 0 || halted(work, input) || failures.length > 0)) break;
      if (handsOver()) return resultOf(work, input, new Set(waiting));
      await change;
      // Let the tasks that ended say so before looking again.
      await setImmediate();
      await starved.look([...waiting, ...[...mine].filter((index) => !work.hasBegun(index))]);
    }
    await starved.end();
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (failures.length > 0) throw failures[0];
  return resultOf(work, input, new Set());
}

/** Left behind by a worker that died: its operation goes on, and the ledger has no end of it. */
const followed = (work: RolloutWork, index: number) =>
  !work.stopping && work.record(index).running !== undefined;

const halted = (work: RolloutWork, { action }: BatchInput) =>
  work.stopping || work.budgetSpent || closed(work, action);

const closed = (work: RolloutWork, action: BatchInput['action']) =>
  !work.secured.gate.isOpen(work.book.rollout) || work.outsideWindow(action);

/** @param handedOver - hosts that were not taken up, and go over to the next batch. */
function resultOf(work: RolloutWork, input: BatchInput, handedOver: ReadonlySet<number>): BatchResult {
  const inProgress: number[] = [];
  const left: number[] = [];
  const unreachable: number[] = [];
  for (const index of Ranges.fromText(input.hosts)) {
    const record = work.record(index);
    const open = input.action === 'apply' ? record.state === 'pending' : canBeTakenBack(record);
    if (!open) continue;
    if (work.isUnderWay(index) || record.running || handedOver.has(index)) inProgress.push(index);
    else if (input.action === 'apply' ? record.tries > 0 : work.unreached.delete(index))
      unreachable.push(index);
    else left.push(index);
  }
  const stopped = work.budgetSpent ? 'budget' : closed(work, input.action) ? 'closed' : 'no';
  return {
    inProgress: Ranges.of(inProgress).toText(),
    left: Ranges.of(left).toText(),
    unreachable: Ranges.of(unreachable).toText(),
    failures: work.book.record.failures(),
    stopped: left.length > 0 || stopped === 'budget' ? stopped : 'no',
  };
}
