import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { counted } from '../model/counted';
import { limitOf, mustStop } from '../model/procedure';
import { Ranges } from '../model/ranges';
import { spent } from './carry-out';
import type { SoakWatched } from './contract';
import { onHosts, quick } from './proxies';
import { type Rollout, referenceOf } from './steps';
import { showFailedHosts } from './visible';

/** The checks are asked at the start, this often in equal parts, and at the end: ten askings are 70 events. */
const parts = 10;
/** Hosts have other things to do than to answer checks. */
const leastEveryMs = 30_000;

/**
 * One part of a wait with the checks still watched: what fails stops the rollout then, and not as the soak ends. When
 * a person lets it go on, the soak goes on to its end.
 */
export async function soak(rollout: Rollout, wave: number): Promise<void> {
  const { control, opened } = rollout;
  control.wave = wave;
  const { soakMs } = opened.waves[wave - 1]!;
  const { toSoak, known, soakEndsAtMs } = control.course.waves[wave - 1]!;
  const endsAtMs = soakEndsAtMs ?? Date.now() + soakMs;
  if (soakEndsAtMs === undefined) control.take({ kind: 'soaking', wave, endsAtMs });
  await control.enter('soaking', `wave ${wave}`, new Date(endsAtMs).toISOString());
  const last = Date.now() >= endsAtMs;
  if (opened.checks) {
    const watched = await watch(rollout, wave, toSoak, last);
    if (!watched) return;
    const failed = Ranges.fromText(watched.failed);
    const ill = failed.subtract(Ranges.fromText(known)).size;
    if (ill > 0) {
      control.take({ kind: 'ill', wave, hosts: watched.failed });
      return stop(rollout, wave, ill, watched);
    }
  }
  if (last) return control.take({ kind: 'soaked', wave });
  const everyMs = opened.checks ? Math.max(leastEveryMs, soakMs / parts) : soakMs;
  await control.another('soak', Math.min(everyMs, endsAtMs - Date.now()), `wave ${wave} soaks`);
}

/** @returns what the hosts said; undefined when it must stop. */
async function watch(
  rollout: Rollout,
  wave: number,
  hosts: string,
  last: boolean,
): Promise<SoakWatched | undefined> {
  const { control } = rollout;
  const stops = () => mustStop(control.course, { do: 'soak', wave });
  // Whoever pauses or ends the rollout does not wait for hosts to answer.
  const scope = new CancellationScope();
  const asking = scope.run(() => onHosts.watchSoak({ ...referenceOf(rollout), hosts, last }));
  let over = false;
  void condition(() => over || stops()).then(() => (over ? undefined : scope.cancel()));
  try {
    return await asking;
  } catch (error) {
    if (isCancellation(error) && stops()) return undefined;
    throw error;
  } finally {
    over = true;
  }
}

/** Hosts failed: they go back when the plan says so, and the rollout waits for a person, or for what the budget says. */
async function stop(rollout: Rollout, wave: number, count: number, { undo }: SoakWatched): Promise<void> {
  const { control } = rollout;
  if (undo !== '')
    await onHosts.runBatch.executeWithOptions({ summary: `undo what failed in the soak: ${undo}` }, [
      { ...referenceOf(rollout), action: 'undo', wave, hosts: undo, handOver: false },
    ]);
  const { failures } = await quick.sums(referenceOf(rollout));
  showFailedHosts(failures);
  if (control.course.ending) return;
  const stopAt = limitOf(control.course, wave);
  if (failures >= stopAt) return spent(rollout, failures, stopAt);
  control.take({
    kind: 'held',
    why: `${counted(count, 'host')} failed a check while wave ${wave} soaked`,
  });
}
