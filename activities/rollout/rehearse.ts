import { targetOf } from '../../fleet/target';
import type { Rpm } from '../../model/artifact';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import { namesToAsk } from '../../model/obsoletes';
import { type Begun, rehearsalAttempt } from '../../model/record';
import { requestText } from '../../model/request';
import { begin } from './begin';
import { detailOf, type Ended, outcomeOf } from './ended';
import { endedEntry } from './entries';
import { follow } from './follow';
import { keptFrom } from './look';
import { settleOrFollow } from './overdue';
import { Session } from './session';
import type { RolloutWork } from './work';

/** A begin that never arrived, or an operation that was lost, is no verdict on the package. */
const rehearsals = 3;

/**
 * Applies the patch on each platform's control instance and takes it back, before the first host is touched:
 * an undo that was never tried is a hope (DESIGN.md, the way of a release). What the ledger says was done is not done
 * again: a worker that comes after one that died attaches to what is in progress, and goes on behind it.
 * @returns `held` when the gate was shut before it was through: called again, it goes on.
 * @throws TG_REHEARSAL_FAILED with what the control instance said.
 */
export async function rehearse(work: RolloutWork): Promise<'done' | 'held'> {
  const { planned, secured } = work;
  const fleet = await secured.fleet();
  for (const [number, platform] of Object.keys(planned.record.platforms).sort().entries()) {
    const host = fleet.hosts.find(({ name }) => name === fleet.file.control[platform]);
    if (!host) throw new TidegateError('TG_CONTROL_MISSING', `platform ${platform} has no control instance`);
    if ((await rehearseOn(work, host, -1 - number)) === 'held') return 'held';
  }
  return 'done';
}

/** @param index - below zero: the control instance is not a host of the rollout. */
async function rehearseOn(work: RolloutWork, host: Host, index: number): Promise<'done' | 'held'> {
  if (work.book.record.host(index).state === 'rolled back') return 'done';
  if ((await work.acquire(index, 'rehearse', host)) === 'closed') return 'held';
  try {
    const kept = await keptFrom(work, host);
    if (kept) throw failed(host, `${kept.code}: ${kept.detail}`, nextFor(kept.code, host));
    for (let tries = 1; ; tries += 1) {
      const came = await goThrough(work, host, index);
      if (came === 'held') return came;
      if (came === 'done') {
        await append(work, host, index, 'rolled back');
        return came;
      }
      if (!came.again || tries === rehearsals) return await giveUp(work, host, index, came);
      // What follows has an ID of its own.
      await append(work, host, index, 'pending');
    }
  } finally {
    settleOrFollow(work, index, { withBudget: false, failed: false });
  }
}

/** What is in progress to its end, then each step that the ledger has no good end of, in turn. */
async function goThrough(work: RolloutWork, host: Host, index: number): Promise<'done' | 'held' | Stopped> {
  const { running } = work.book.record.host(index);
  let stopped = running && (await settle(work, host, index, running, await follow(work, host, index)));
  while (!stopped) {
    const [step] = stepsLeft(work, host, index);
    if (!step) return 'done';
    stopped = await settle(work, host, index, step, await carryOut(work, host, index, step));
  }
  return stopped;
}

/** Why a rehearsal did not get through. */
interface Stopped {
  readonly code: string;
  readonly detail: string;
  /** It may be gone through anew: that is no verdict on the package. */
  readonly again: boolean;
  /** The control instance may have something else than before. */
  readonly touched: boolean;
}

/**
 * What a step that failed left on the control instance is taken back; when that cannot be, or fails too, a person must
 * look at it before anything else begins there.
 */
async function giveUp(
  work: RolloutWork,
  host: Host,
  index: number,
  { code, detail, again, touched }: Stopped,
): Promise<never> {
  const [step, back] = stepsLeft(work, host, index);
  // Where somebody else's operation has been, a person looks, as at any host whose chain has moved.
  let isAsBefore = !touched && code !== 'TG_HOST_MOVED';
  const isOver = work.book.record.host(index).running === undefined;
  if (touched && !again && isOver && step?.action === 'rehearse apply' && back)
    isAsBefore =
      (await settle(work, host, index, back, await carryOut(work, host, index, back))) === undefined;
  if (isAsBefore) throw failed(host, detail);
  await append(work, host, index, 'quarantined', {
    code: again ? 'TG_REHEARSAL_FAILED' : code,
    detail,
  });
  throw failed(host, detail, nextFor('TG_HOST_QUARANTINED', host));
}

/** Writes what came of an operation. @returns what stops the rehearsal, if anything does */
async function settle(
  work: RolloutWork,
  host: Host,
  index: number,
  { action }: Pick<Begun, 'action'>,
  ended: Ended,
): Promise<'held' | Stopped | undefined> {
  if (ended.state === 'closed') return 'held';
  // One that is overdue runs on, and has its slot until it ends.
  if (work.book.record.host(index).running && ended.state !== 'overdue')
    await work.book.append(await endedEntry(work, host, index, ended));
  const code = outcomeOf(ended);
  const detail = `${action}: ${code} ${detailOf(ended) ?? ''}`;
  if (ended.state === 'unknown' || ended.state === 'lost')
    return { code, detail, again: true, touched: ended.state === 'lost' };
  if (code === 'ok') return undefined;
  const touched = ended.state === 'overdue' || ended.touched || action === 'rehearse undo';
  return { code, detail, again: false, touched };
}

/** The steps that the ledger has no good end of, in turn. */
const stepsLeft = (work: RolloutWork, host: Host, index: number): Step[] =>
  stepsOn(work, host).slice(work.book.record.host(index).rehearsed);

interface Step {
  readonly action: 'rehearse apply' | 'rehearse undo';
  /** Of the undo set that is tried. */
  readonly set: number;
  readonly rpms: readonly Rpm[];
  readonly request: string;
}

/** There and back, for each undo set. */
function stepsOn({ planned }: RolloutWork, host: Host): Step[] {
  const { timeouts } = planned.record.plan;
  const around = { before: [], after: [], checks: [], restart: [], timeouts };
  const request = (install: readonly Rpm[], erase: string[]) =>
    requestText({ install, erase, oldPackage: true, replacePackages: true }, around);
  const install = planned.rpms(host.platform);
  const undoSets = planned.record.undo.filter(({ platform }) => platform === host.platform);
  return undoSets.flatMap(({ rpms }, set): Step[] => {
    const erase = install.map(({ name }) => name).filter((name) => !rpms.some((rpm) => rpm.name === name));
    return [
      { action: 'rehearse apply', set, rpms: install, request: request(install, []) },
      { action: 'rehearse undo', set, rpms, request: request(rpms, erase) },
    ];
  });
}

/** @returns `closed` when the gate was shut before anything was sent. */
async function carryOut(work: RolloutWork, host: Host, index: number, step: Step): Promise<Ended> {
  const { secured, planned } = work;
  const { attempt } = work.book.record.host(index);
  const { timeouts } = planned.record.plan;
  const { action, set, rpms, request } = step;
  const session = new Session(secured, targetOf(host, await secured.fleet()), {
    rpms,
    names: namesToAsk(planned.rpms(host.platform)),
    // What rpm says of a way back, with what is erased after it still there, is no verdict.
    mode: action === 'rehearse apply' ? 'ask' : 'keep',
    silentMs: timeouts.preflight,
    connectTimeoutMs: timeouts.connect,
  });
  const { refused, complaints } = await session.answer;
  const hindered = refused?.detail ?? complaints.join('; ');
  if (hindered) {
    void session.leave();
    if (action === 'rehearse apply') throw failed(host, hindered);
    // It has the patch, and nothing takes it back: as when the way back fails.
    const code = refused?.code ?? 'TG_REHEARSAL_FAILED';
    await append(work, host, index, 'quarantined', { code, detail: hindered });
    throw failed(host, hindered, nextFor('TG_HOST_QUARANTINED', host));
  }
  const ended = await begin(work, host, {
    index,
    action,
    attempt: rehearsalAttempt(attempt, set),
    request,
    before: [],
    absent: [],
    session,
    // What was applied is taken back, although the gate was shut meanwhile: both are one thing in progress.
    inProgress: action === 'rehearse undo',
  });
  void session.leave();
  return ended;
}

async function append(
  work: RolloutWork,
  host: Host,
  index: number,
  state: 'rolled back' | 'pending' | 'quarantined',
  why: { code?: string; detail?: string } = {},
): Promise<void> {
  const { attempt } = work.book.record.host(index);
  const next = state === 'pending' ? attempt + 1 : attempt;
  await work.book.append({
    kind: 'state',
    host: host.name,
    index,
    state,
    ...why,
    failure: false,
    attempt: next,
  });
}

function failed(host: Host, detail: string, next?: string): TidegateError {
  return new TidegateError('TG_REHEARSAL_FAILED', {
    detail: `on ${host.name}: ${detail}`,
    hosts: [host.name],
    next,
  });
}

const nextFor = (code: string, { name }: Host) =>
  code === 'held' ? `tidegate hosts unhold ${name}` : `tidegate hosts examine ${name}`;
