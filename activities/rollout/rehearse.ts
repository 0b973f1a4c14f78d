import { targetOf } from '../../fleet/target';
import { TidegateError } from '../../model/errors';
import type { Host } from '../../model/fleet';
import { namesToAsk } from '../../model/obsoletes';
import { requestText } from '../../model/request';
import { begin, type Ended, follow } from './operation';
import { stage } from './remote';
import { detailOf, endedEntry, outcomeOf } from './settle';
import type { RolloutWork } from './work';

/**
 * Applies the patch on each platform's control instance and takes it back, before the first host is touched:
 * an undo that was never tried is a hope (DESIGN.md, the way of a release).
 * @throws TG_REHEARSAL_FAILED with what the control instance said.
 */
export async function rehearse(work: RolloutWork): Promise<void> {
  const { planned, secured } = work;
  const fleet = await secured.fleet();
  for (const [number, platform] of Object.keys(planned.record.platforms).sort().entries()) {
    const host = fleet.hosts.find(({ name }) => name === fleet.file.control[platform]);
    if (!host) throw new TidegateError('TG_CONTROL_MISSING', `platform ${platform} has no control instance`);
    await rehearseOn(work, host, -1 - number);
  }
}

/** @param index - below zero: the control instance is not a host of the rollout. */
async function rehearseOn(work: RolloutWork, host: Host, index: number): Promise<void> {
  const { planned } = work;
  const { plan } = planned.record;
  const record = work.book.record.host(index, host.name);
  if (record.state === 'rolled back') return;
  const undoSets = planned.record.undo.filter(({ platform }) => platform === host.platform);
  const install = planned.rpms(host.platform);
  const names = namesToAsk(install);
  const around = { before: [], after: [], checks: [], restart: [], timeouts: plan.timeouts };

  work.slotOf(index);
  try {
    await finish(work, host, index);
    const apply = requestText({ install, erase: [], oldPackage: true, replacePackages: true }, around);
    for (const [number, set] of undoSets.entries()) {
      const attempt = record.attempt * 100 + number;
      const complaints = await stageOn(work, host, install, names);
      if (complaints.length > 0) throw failed(host, complaints.join('; '));
      await must(work, host, index, 'rehearse apply', apply, attempt);
      // What `rpm --test` says of a way back, with what is erased after it still there, is no verdict.
      await stageOn(work, host, set.rpms, names);
      const erase = install
        .map(({ name }) => name)
        .filter((name) => !set.rpms.some((rpm) => rpm.name === name));
      const undo = requestText({ install: set.rpms, erase, oldPackage: true, replacePackages: true }, around);
      await must(work, host, index, 'rehearse undo', undo, attempt);
    }
    await work.book.append({
      kind: 'state',
      host: host.name,
      index,
      state: 'rolled back',
      failure: false,
      attempt: record.attempt,
    });
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
    timeoutMs: plan.timeouts.preflight,
    connectTimeoutMs: plan.timeouts.connect,
  });
  if (answer.refused) throw failed(host, answer.refused.detail);
  return answer.complaints;
}

async function must(
  work: RolloutWork,
  host: Host,
  index: number,
  action: 'rehearse apply' | 'rehearse undo',
  request: string,
  attempt: number,
): Promise<void> {
  const ended = await begin(work, host, { index, action, attempt, request, before: [], absent: [] });
  await record(work, host, index, ended);
  if (outcomeOf(ended) !== 'ok')
    throw failed(host, `${action}: ${outcomeOf(ended)} ${detailOf(ended) ?? ''}`);
}

/** An operation that a worker before us began is followed to its end first. */
async function finish(work: RolloutWork, host: Host, index: number): Promise<void> {
  const { running, attempt } = work.book.record.host(index, host.name);
  if (!running) return;
  await record(work, host, index, await follow(work, host, index));
  // Whatever came of it, the rehearsal begins anew, under IDs of its own.
  await work.book.append({
    kind: 'state',
    host: host.name,
    index,
    state: 'pending',
    failure: false,
    attempt: attempt + 1,
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
