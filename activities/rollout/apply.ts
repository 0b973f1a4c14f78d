import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import type { Installed } from '../../model/ledger';
import { namesToAsk } from '../../model/obsoletes';
import { judge } from '../../model/preflight';
import { requestText } from '../../model/request';
import type { NewEntry } from './book';
import { begin, type Ended, follow } from './operation';
import { settleOrFollow } from './overdue';
import { Session } from './session';
import { detailOf, endedEntry, outcomeOf } from './settle';
import { undoOperation } from './undo';
import type { RolloutWork } from './work';

/** A begin that never arrived is sent again this often before the host counts as unreachable. */
const begins = 3;
/** A lost operation is tried once more (DESIGN.md decision 1: one new attempt by policy). */
const attemptsAfterLoss = 1;

/**
 * Carries the patch to one host: look, stage, begin, wait, verify; and takes it back when it fails.
 * Whatever was done before a crash is found in the ledger and on the host, and is not done again.
 */
export async function apply(work: RolloutWork, index: number, wave: number): Promise<void> {
  for (let begun = 0; begun < begins && work.record(index).state === 'pending'; begun += 1) {
    const ended = await carryOut(work, index, wave);
    if (ended !== 'again') return;
  }
  const host = work.planned.hostAt(index);
  if (host && work.record(index).state === 'pending')
    await unreachable(work, host, index, {
      code: 'TG_CONNECTION_LOST',
      detail: `${begins} begins never arrived`,
    });
}

async function carryOut(work: RolloutWork, index: number, wave: number): Promise<'again' | 'settled'> {
  const record = work.record(index);
  const host = work.planned.hostAt(index);
  if (!host) {
    await mark(work, index, 'untouched', { code: 'removed' });
    return 'settled';
  }
  if (record.running?.action === 'undo')
    return undoAfterFailure(work, host, index, record.code ?? '', record.detail);
  if (record.running) return settle(work, host, index, await follow(work, host, index));

  const hold = (await work.secured.holds()).find((held) => held.host === host.name);
  if (hold) {
    await mark(work, index, 'untouched', { code: 'held', detail: hold.reason });
    return 'settled';
  }
  const head = work.secured.chain.last(host.name);
  let seen = await look(work, host, index);
  if (!seen) return 'settled';
  if ((await work.acquire(index, 'apply')) === 'closed') {
    leave(seen);
    return 'settled';
  }
  // An operation of another rollout came in between: what was seen may not be so any more, and now nobody else begins.
  if (seen === 'moved' || work.secured.chain.last(host.name) !== head) {
    leave(seen);
    seen = await look(work, host, index);
  }
  if (!seen || seen === 'moved') {
    work.settle(index, { withBudget: true, failed: false });
    return 'settled';
  }
  const { before, absent, session } = seen;
  const { planned } = work;
  const request = requestText(
    {
      install: planned.rpms(host.platform),
      erase: [],
      oldPackage: planned.record.plan.downgrade,
      // After a loss the host may be half-way: forward over whatever is there.
      replacePackages: record.attempt > 1,
    },
    planned.record.plan,
  );
  const ended = await begin(work, host, {
    index,
    action: 'apply',
    attempt: record.attempt,
    request,
    before,
    absent,
    session,
    wave,
  });
  void session.leave();
  return settle(work, host, index, ended);
}

interface Seen {
  readonly before: Installed[];
  readonly absent: string[];
  readonly session: Session;
}

function leave(seen: Seen | 'moved'): void {
  if (seen !== 'moved') void seen.session.leave();
}

/**
 * Looks at the host and stages.
 * @returns what undo goes back to; undefined when nothing is to be begun; `moved` when the host was not as the ledger
 * has it while another rollout might have been at it: it is looked at again when its slot is ours.
 */
async function look(work: RolloutWork, host: Host, index: number): Promise<Seen | 'moved' | undefined> {
  const { secured, planned } = work;
  const { plan } = planned.record;
  const expectedHead = secured.chain.last(host.name);
  let session: Session | undefined;
  try {
    const rpms = planned.rpms(host.platform);
    session = new Session(secured, targetOf(host, await secured.fleet()), {
      rpms,
      names: namesToAsk(rpms),
      keep: true,
      timeoutMs: plan.timeouts.preflight,
      connectTimeoutMs: plan.timeouts.connect,
    });
    const verdict = judge(await session.answer, {
      plan,
      rpms,
      platform: host.platform,
      expectedHead,
      lostFrom: work.record(index).lost ? work.record(index).before : undefined,
    });
    if (verdict.go) {
      planned.undoRpms(host.platform, plan.rollback === 'required' ? verdict.before : []);
      return { before: verdict.before, absent: verdict.absent, session };
    }
    // Tried again with what we brought still on it: only the operation tells whether it is well now.
    const { before } = work.record(index);
    if (verdict.code === 'already' && before)
      return { before: before.installed, absent: before.absent, session };
    const moved = verdict.code === 'TG_HOST_MOVED' || secured.chain.last(host.name) !== expectedHead;
    if (moved && !work.holds(index)) {
      void session.leave();
      return 'moved';
    }
    if (verdict.verdict === 'quarantined') await failBeforeBegin(work, index, 'quarantined', verdict);
    else await mark(work, index, 'untouched', verdict);
  } catch (error) {
    if (!(error instanceof TidegateError)) throw error;
    const why = { code: error.code, detail: error.message };
    if (error.code === 'TG_UNDO_MISSING' || error.code === 'TG_PLATFORM_WRONG')
      await mark(work, index, 'untouched', why);
    else if (error.retryable) await unreachable(work, host, index, why);
    else await failBeforeBegin(work, index, 'failed', why);
  }
  void session?.leave();
  return undefined;
}

async function settle(
  work: RolloutWork,
  host: Host,
  index: number,
  ended: Ended,
): Promise<'again' | 'settled'> {
  if (ended.state === 'closed') {
    work.settle(index, { withBudget: true, failed: false });
    return 'settled';
  }
  if (ended.state === 'unknown') {
    work.settle(index, { withBudget: true, failed: false });
    return 'again';
  }
  const outcome = outcomeOf(ended);
  const why = { code: outcome, detail: detailOf(ended) };
  const ends = work.record(index).running ? [await endedEntry(work, host, index, ended)] : [];
  if (outcome === 'ok') {
    await work.book.append(...ends, stateEntry(work, index, 'applied', {}));
    work.settle(index, { withBudget: true, failed: false });
    return 'settled';
  }
  if (ended.state === 'overdue') {
    // It runs on: the slot stays taken until it ends or a person clears the host.
    await work.book.append(stateEntry(work, index, 'quarantined', why));
    settleOrFollow(work, index, { withBudget: true, failed: true });
    return 'settled';
  }
  if (ended.state === 'lost' && work.record(index).attempt <= attemptsAfterLoss) {
    const { attempt } = work.record(index);
    await work.book.append(...ends, {
      ...stateEntry(work, index, 'pending', why),
      attempt: attempt + 1,
      failure: false,
    });
    work.settle(index, { withBudget: true, failed: false });
    return 'again';
  }
  if (ended.state !== 'done') {
    const state = ended.state === 'refused' && outcome !== 'TG_HOST_MOVED' ? 'failed' : 'quarantined';
    await work.book.append(...ends, stateEntry(work, index, state, why));
    work.settle(index, { withBudget: true, failed: true });
    return 'settled';
  }
  // The transaction, or what was asked of the host after it, failed: it is known what the host has.
  if (
    !ended.touched ||
    work.planned.record.plan.failedHost === 'leave' ||
    work.planned.record.plan.rollback === 'none'
  ) {
    await work.book.append(...ends, stateEntry(work, index, 'failed', why));
    work.settle(index, { withBudget: true, failed: true });
    return 'settled';
  }
  return undoAfterFailure(work, host, index, why.code, why.detail, ends);
}

async function undoAfterFailure(
  work: RolloutWork,
  host: Host,
  index: number,
  code: string,
  detail: string | undefined,
  ends: readonly NewEntry[] = [],
): Promise<'settled'> {
  const undone = await undoOperation(work, host, index, { inProgress: true, ends });
  const why = undone.state === 'quarantined' ? undone : { code, detail };
  // One that could not be reached has the patch still: a rollback tries it again.
  const state = undone.state === 'unreachable' ? 'failed' : undone.state;
  await work.book.append(...undone.entries, stateEntry(work, index, state, why));
  settleOrFollow(work, index, { withBudget: true, failed: true });
  return 'settled';
}

/** Failures before a begin count too, so they take their place in the budget like any other (decision 4). */
async function failBeforeBegin(
  work: RolloutWork,
  index: number,
  state: 'failed' | 'quarantined',
  why: { code: string; detail: string },
): Promise<void> {
  if ((await work.acquire(index, 'apply')) === 'closed') return;
  await work.book.append(stateEntry(work, index, state, why));
  work.settle(index, { withBudget: true, failed: true });
}

async function unreachable(
  work: RolloutWork,
  host: Host,
  index: number,
  why: { code: string; detail: string },
): Promise<void> {
  const { attempt, tries } = work.record(index);
  await work.book.append({ kind: 'unreachable', host: host.name, index, attempt, try: tries + 1, ...why });
}

async function mark(
  work: RolloutWork,
  index: number,
  state: 'untouched',
  why: { code: string; detail?: string },
): Promise<void> {
  await work.book.append({ ...stateEntry(work, index, state, why), failure: false });
}

function stateEntry(
  work: RolloutWork,
  index: number,
  state: 'pending' | 'untouched' | 'applied' | 'failed' | 'quarantined' | 'rolled back',
  why: { code?: string; detail?: string },
) {
  const { attempt } = work.record(index);
  const { name } = work.planned.list[index]!;
  const failure = state !== 'applied';
  return {
    kind: 'state',
    host: name,
    index,
    state,
    code: why.code,
    detail: why.detail,
    failure,
    attempt,
  } as const;
}
