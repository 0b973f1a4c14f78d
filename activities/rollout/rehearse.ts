import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import { namesToAsk } from '../../model/obsoletes';
import { requestText } from '../../model/request';
import { begin, type Ended, follow } from './operation';
import { stage } from './session';
import { detailOf, endedEntry, outcomeOf } from './settle';
import type { RolloutWork } from './work';

/** A connection that breaks before the begin arrives is no verdict on the package. */
const beginTries = 3;

/**
 * Applies the patch on each platform's control instance and takes it back, before the first host is touched:
 * an undo that was never tried is a hope (DESIGN.md, the way of a release).
 * @returns `held` when the gate was shut before it was through: called again, it begins with what is not tried yet.
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
  const { planned } = work;
  const { plan } = planned.record;
  const record = work.book.record.host(index, host.name);
  if (record.state === 'rolled back') return 'done';
  const undoSets = planned.record.undo.filter(({ platform }) => platform === host.platform);
  const install = planned.rpms(host.platform);
  const names = namesToAsk(install);
  const around = { before: [], after: [], checks: [], restart: [], timeouts: plan.timeouts };

  if ((await work.acquire(index, 'rehearse', host)) === 'closed') return 'held';
  try {
    const quarantined = work.secured.quarantine.of(host.name);
    if (quarantined)
      throw new TidegateError(quarantined.code, {
        detail: `${host.name}: ${quarantined.detail}`,
        hosts: [host.name],
        next: `tidegate hosts examine ${host.name}`,
      });
    await finish(work, host, index);
    const apply = requestText({ install, erase: [], oldPackage: true, replacePackages: true }, around);
    for (const [number, set] of undoSets.entries()) {
      const complaints = await stageOn(work, host, install, names);
      if (complaints.length > 0) throw failed(host, complaints.join('; '));
      const given = { index, number, request: apply };
      if ((await must(work, host, { ...given, action: 'rehearse apply' })) === 'held') return 'held';
      // What `rpm --test` says of a way back, with what is erased after it still there, is no verdict.
      await stageOn(work, host, set.rpms, names);
      const erase = install
        .map(({ name }) => name)
        .filter((name) => !set.rpms.some((rpm) => rpm.name === name));
      const undo = requestText({ install: set.rpms, erase, oldPackage: true, replacePackages: true }, around);
      // What was applied is taken back, although the gate was shut meanwhile: both are one thing in progress.
      await must(work, host, { ...given, action: 'rehearse undo', request: undo, inProgress: true });
    }
    await work.book.append({
      kind: 'state',
      host: host.name,
      index,
      state: 'rolled back',
      failure: false,
      attempt: record.attempt,
    });
    return 'done';
  } finally {
    work.settle(index, { withBudget: false, failed: false });
  }
}

async function stageOn(
  work: RolloutWork,
  host: Host,
  rpms: Parameters<typeof stage>[2]['rpms'],
  names: string[],
): Promise<readonly string[]> {
  const { plan } = work.planned.record;
  const answer = await stage(work.secured, targetOf(host, await work.secured.fleet()), {
    rpms,
    names,
    keep: true,
    silentMs: plan.timeouts.preflight,
    connectTimeoutMs: plan.timeouts.connect,
  });
  if (answer.refused) throw failed(host, answer.refused.detail);
  return answer.complaints;
}

interface Step {
  readonly index: number;
  /** Of the undo set that is tried. */
  readonly number: number;
  readonly action: 'rehearse apply' | 'rehearse undo';
  readonly request: string;
  readonly inProgress?: boolean;
}

/** @returns `held` when the gate was shut before anything was sent. */
async function must(work: RolloutWork, host: Host, step: Step, tries = 1): Promise<'done' | 'held'> {
  const { index, number, action, request, inProgress } = step;
  const attempt = work.book.record.host(index, host.name).attempt * 100 + number;
  const given = { index, action, attempt, request, before: [], absent: [], inProgress };
  const ended = await begin(work, host, given);
  if (ended.state === 'closed') return 'held';
  await record(work, host, index, ended);
  if (ended.state === 'unknown' && tries < beginTries) {
    await anew(work, host, index);
    return must(work, host, step, tries + 1);
  }
  if (outcomeOf(ended) !== 'ok')
    throw failed(host, `${action}: ${outcomeOf(ended)} ${detailOf(ended) ?? ''}`);
  return 'done';
}

/** An operation that a worker before us began is followed to its end first. */
async function finish(work: RolloutWork, host: Host, index: number): Promise<void> {
  if (!work.book.record.host(index, host.name).running) return;
  await record(work, host, index, await follow(work, host, index));
  // Whatever came of it, the rehearsal begins anew.
  await anew(work, host, index);
}

/** The operations that follow have IDs of their own. */
async function anew(work: RolloutWork, host: Host, index: number): Promise<void> {
  await work.book.append({
    kind: 'state',
    host: host.name,
    index,
    state: 'pending',
    failure: false,
    attempt: work.book.record.host(index, host.name).attempt + 1,
  });
}

async function record(work: RolloutWork, host: Host, index: number, ended: Ended): Promise<void> {
  if (work.book.record.host(index, host.name).running)
    await work.book.append(await endedEntry(work, host, index, ended));
}

function failed(host: Host, detail: string): TidegateError {
  return new TidegateError('TG_REHEARSAL_FAILED', {
    detail: `on ${host.name}: ${detail}`,
    hosts: [host.name],
  });
}
