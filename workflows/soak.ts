import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { mustStop } from '../model/procedure';
import { Ranges } from '../model/ranges';
import type { SoakWatched } from './contract/rollout';
import { onHosts } from './proxies';
import type { Rollout } from './steps';

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
  control.progress.wave = wave;
  const { soakMs } = opened.waves[wave - 1]!;
  const { toSoak, known, soakEndsAtMs } = control.course.waves[wave - 1]!;
  const endsAtMs = soakEndsAtMs ?? Date.now() + soakMs;
  if (soakEndsAtMs === undefined) control.take({ kind: 'soaking', wave, endsAtMs });
  await control.progress.enter('soaking', `wave ${wave}`, new Date(endsAtMs).toISOString());
  const last = Date.now() >= endsAtMs;
  if (opened.checks) {
    const watched = await watch(rollout, wave, toSoak, last);
    if (!watched) return;
    const failed = Ranges.fromText(watched.failed);
    const ill = failed.subtract(Ranges.fromText(known)).size;
    if (ill > 0) {
      return control.take({ kind: 'ill', wave, hosts: watched.failed, count: ill, undo: watched.undo });
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
  const asking = scope.run(() => onHosts.watchSoak({ ...control.reference, hosts, last }));
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
