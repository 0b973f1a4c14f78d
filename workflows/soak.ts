import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { Ranges } from '../model/ranges';
import { carryOut, type Rollout, referenceOf, spent, takeRetries } from './carry-out';
import type { SoakWatched } from './contract';
import { onHosts, quick } from './proxies';
import { showFailedHosts } from './visible';

/** The checks are asked at the start, this often in equal parts, and at the end: ten askings are 70 events. */
const parts = 10;
/** Hosts have other things to do than to answer checks. */
const leastEveryMs = 30_000;

/**
 * A wait with the checks still watched: what fails stops the rollout then, and not as the soak ends. When a person
 * lets it go on, the soak goes on to its end.
 */
export async function soak(rollout: Rollout, hosts: Ranges, soakMs: number): Promise<void> {
  const { control, opened } = rollout;
  if (soakMs === 0) return;
  const endsAtMs = Date.now() + soakMs;
  const everyMs = opened.checks ? Math.max(leastEveryMs, soakMs / parts) : soakMs;
  let known = Ranges.fromText('');
  for (;;) {
    if (control.phase !== 'soaking')
      await control.enter('soaking', `wave ${control.wave}`, new Date(endsAtMs).toISOString());
    const last = Date.now() >= endsAtMs;
    const watched = opened.checks ? await watch(rollout, hosts, last) : undefined;
    if (control.ending) return;
    const failed = Ranges.fromText(watched?.failed ?? '');
    if (watched && failed.subtract(known).size > 0) {
      await stop(rollout, failed.subtract(known).size, watched);
      const again = await takeRetries(rollout);
      await carryOut(rollout, again);
      known = failed.subtract(again);
    } else if (last) return;
    else
      await condition(() => control.ending !== undefined, Math.min(everyMs, endsAtMs - Date.now()), {
        summary: `wave ${control.wave} soaks`,
      });
    if (control.ending) return;
  }
}

/** @returns what the hosts said; undefined when the rollout is to end. */
async function watch(rollout: Rollout, hosts: Ranges, last: boolean): Promise<SoakWatched | undefined> {
  const { control } = rollout;
  // Whoever ends the rollout does not wait for hosts to answer.
  const scope = new CancellationScope();
  const asking = scope.run(() => onHosts.watchSoak({ ...referenceOf(rollout), hosts: hosts.toText(), last }));
  void condition(() => control.ending !== undefined).then(() => scope.cancel());
  try {
    return await asking;
  } catch (error) {
    if (isCancellation(error) && control.ending) return undefined;
    throw error;
  }
}

/** Hosts failed: they go back when the plan says so, and the rollout waits for a person, or for what the budget says. */
async function stop(rollout: Rollout, count: number, { undo }: SoakWatched): Promise<void> {
  const { control } = rollout;
  if (undo !== '')
    await onHosts.runBatch.executeWithOptions({ summary: `undo what failed in the soak: ${undo}` }, [
      { ...referenceOf(rollout), action: 'undo', wave: control.wave, hosts: undo, handOver: false },
    ]);
  const { failures } = await quick.sums(referenceOf(rollout));
  showFailedHosts(failures);
  if (control.ending) return;
  if (failures >= control.limit) await spent(rollout, failures);
  else
    control.heldFor = `${count} ${count === 1 ? 'host' : 'hosts'} failed a check while wave ${control.wave} soaked`;
  await control.whileHeld();
}
