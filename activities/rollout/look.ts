import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import type { Installed } from '../../model/ledger';
import { namesToAsk } from '../../model/obsoletes';
import { judge } from '../../model/preflight';
import { isAway, isOurs } from './away';
import { stateEntry } from './entries';
import { settleOrFollow } from './overdue';
import { Session } from './session';
import type { RolloutWork } from './work';

/** What a look at a host found, when something is to be begun on it. */
export interface Seen {
  readonly before: Installed[];
  readonly absent: string[];
  /** In which the host was looked at. */
  readonly session: Session;
  /** Whether rpm was asked what it says of the RPMs. */
  readonly asked: boolean;
}

/**
 * Looks at a host and stages. What is found there may settle the host: the ledger says so then.
 * @returns what undo goes back to; undefined when nothing is to be begun; `moved` when the host was not as the ledger
 * has it while another rollout might have been at it: it is looked at again when its slot is ours.
 */
export async function look(
  work: RolloutWork,
  host: Host,
  index: number,
): Promise<Seen | 'moved' | undefined> {
  const { secured, planned } = work;
  const { plan } = planned.record;
  const kept = await keptFrom(work, host);
  if (kept) {
    await leaveAsItIs(work, index, kept);
    return undefined;
  }
  const expectedHead = secured.chain.last(host.name);
  // Where nothing of ours has been, the transaction itself tells what rpm turns down, and the host is as it was.
  const asked = work.record(index).before !== undefined || plan.before.length > 0;
  let session: Session | undefined;
  try {
    const rpms = planned.rpms(host.platform);
    session = new Session(secured, targetOf(host, await secured.fleet()), {
      rpms,
      names: namesToAsk(rpms),
      mode: asked ? 'ask' : 'keep',
      silentMs: plan.timeouts.preflight,
      connectTimeoutMs: plan.timeouts.connect,
    });
    const answer = await session.answer;
    if (answer.epoch > secured.epoch)
      throw secured.superseded(`${host.name}: a worker of epoch ${answer.epoch} has been here`);
    const verdict = judge(answer, {
      plan,
      rpms,
      platform: host.platform,
      expectedHead,
      lostFrom: work.record(index).lost ? work.record(index).before : undefined,
    });
    if (verdict.go) {
      planned.undoRpms(host.platform, plan.rollback === 'required' ? verdict.before : []);
      return { before: verdict.before, absent: verdict.absent, session, asked };
    }
    // Tried again with what we brought still on it: only the operation tells whether it is well now.
    const { before } = work.record(index);
    if (verdict.code === 'already' && before)
      return { before: before.installed, absent: before.absent, session, asked };
    const moved = verdict.code === 'TG_HOST_MOVED' || secured.chain.last(host.name) !== expectedHead;
    if (moved && !work.holds(index)) {
      // What it brought is dropped before the next look brings it again.
      await session.leave();
      return 'moved';
    }
    if (verdict.verdict === 'quarantined') await failBeforeBegin(work, index, 'quarantined', verdict);
    else await leaveAsItIs(work, index, verdict);
  } catch (error) {
    if (!(error instanceof TidegateError) || isOurs(error)) {
      void session?.leave();
      throw error;
    }
    const why = { code: error.code, detail: error.message };
    if (error.code === 'TG_UNDO_MISSING' || error.code === 'TG_PLATFORM_WRONG')
      await leaveAsItIs(work, index, why);
    else if (isAway(error)) await countUnreachable(work, host, index, why);
    else await failBeforeBegin(work, index, work.record(index).lost ? 'quarantined' : 'failed', why);
  }
  void session?.leave();
  return undefined;
}

/** @returns why nothing may begin on a host for now: a person holds it, or it is quarantined. */
export async function keptFrom(
  work: RolloutWork,
  host: Host,
): Promise<{ code: string; detail: string } | undefined> {
  return (await heldBy(work, host)) ?? work.secured.quarantine.of(host.name);
}

/** @returns why a person holds a host; undefined when nobody does. */
export async function heldBy(
  { secured }: RolloutWork,
  { name }: Host,
): Promise<{ code: 'held'; detail: string } | undefined> {
  const hold = (await secured.holds()).find(({ host }) => host === name);
  return hold && { code: 'held', detail: hold.reason };
}

/**
 * Nothing is begun on a host. One that the rollout never changed is untouched, and that is no failure; of one that has
 * what was brought, or is half-way, nobody may say so: it takes its place in the budget.
 */
export async function leaveAsItIs(
  work: RolloutWork,
  index: number,
  why: { code: string; detail?: string },
): Promise<void> {
  const { before, lost, running } = work.record(index);
  if (before === undefined)
    await work.book.append(stateEntry(work, index, 'untouched', { ...why, failure: false }));
  else {
    const unknown = lost || running !== undefined || why.code === 'TG_HOST_QUARANTINED';
    await failBeforeBegin(work, index, unknown ? 'quarantined' : 'failed', why);
  }
}

/** One more try that did not reach the host: it stays pending. */
export async function countUnreachable(
  work: RolloutWork,
  host: Host,
  index: number,
  why: { code: string; detail: string },
): Promise<void> {
  const { attempt, tries } = work.record(index);
  await work.book.append({ kind: 'unreachable', host: host.name, index, attempt, try: tries + 1, ...why });
}

/** Failures before a begin count too, so they take their place in the budget like any other (decision 4). */
async function failBeforeBegin(
  work: RolloutWork,
  index: number,
  state: 'failed' | 'quarantined',
  why: { code: string; detail?: string },
): Promise<void> {
  if ((await work.acquire(index, 'apply')) === 'closed') return;
  await work.book.append(stateEntry(work, index, state, { ...why, failure: true }));
  settleOrFollow(work, index, { withBudget: true, failed: true });
}
