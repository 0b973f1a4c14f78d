import { allHandlersFinished, CancellationScope, condition, patched } from '@temporalio/workflow';
import { Ranges } from '../model/ranges';
import { summaryOf } from '../model/summary';
import { catchUp, leaveOwed } from './catch-up';
import { carryOut, type Rollout, referenceOf, takeRetries } from './carry-out';
import type { RolloutInput, RolloutResult } from './contract';
import { messageOf } from './message-of';
import { onHosts, quick } from './proxies';
import { RolloutControl } from './rollout-control';
import { soak } from './soak';
import { showPhase, showRollout } from './visible';

/**
 * A plan carried out: rehearsed, in waves, each soaked and approved where the plan asks, and taken back when it fails.
 * What has happened to each host is in the ledger; the workflow decides what happens next.
 */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  const control = new RolloutControl(input);
  control.listen();
  const { fleet, rollout: id, plan } = input;
  // A rollout that is refused has no place in the ledger: the ID that it came with may be that of another.
  const opened = await quick.openRollout(input);
  try {
    const result = await procedure({ input, opened, control });
    control.notify('end', result);
    return { result };
  } catch (error) {
    // What stopped it is in the history; the ledger says that it ended, and where each host is.
    const failed = messageOf(error);
    await CancellationScope.nonCancellable(() =>
      quick.finish({ fleet, rollout: id, plan, aborted: false, failed }),
    );
    control.notify('end', `failed: ${failed}`);
    throw error;
  } finally {
    await control.notified();
    await condition(allHandlersFinished);
  }
}

async function procedure(rollout: Rollout): Promise<RolloutResult['result']> {
  const { input, opened, control } = rollout;
  control.begin(opened);
  showRollout(input.fleet, opened.package);
  if (input.verb === 'rollback') control.ending = 'rollback';
  if (opened.rehearse) await rehearsal(rollout);
  if (input.verb === 'catch up') await catchUp(rollout);
  else await carryOutWaves(rollout);
  const result =
    control.ending === 'rollback'
      ? await rollBack(rollout)
      : await quick.finish({ ...referenceOf(rollout), aborted: control.ending === 'abort' });
  control.phase = 'ended';
  control.say(result);
  showPhase('ended');
  const mayOwe = result === 'incomplete' && !control.ending && input.verb !== 'catch up';
  if (mayOwe && patched('owed-are-caught-up')) await leaveOwed(rollout);
  return result;
}

/** Held while it is paused; not by the window, as it touches no host of the rollout. */
async function rehearsal(rollout: Rollout): Promise<void> {
  const { control } = rollout;
  await control.enter('rehearsing');
  while (!control.ending && (await onHosts.rehearse(referenceOf(rollout))) === 'held')
    await control.whenAllowed('apply', false);
}

async function carryOutWaves(rollout: Rollout): Promise<void> {
  const { opened, control } = rollout;
  for (let number = 1; number <= opened.waves.length && !control.ending; number += 1) {
    const planned = opened.waves[number - 1]!;
    control.wave = number;
    const hosts = Ranges.fromText(planned.hosts);
    await carryOut(rollout, hosts);
    if (control.ending || hosts.size === 0) continue;
    if (number < opened.waves.length) await soak(rollout, hosts, planned.soakMs);
    if (planned.gate && !control.ending) await approval(rollout);
  }
  await lastRetries(rollout);
}

/** Waits for a person's word on the wave; hosts that are to be tried again are, before it. */
async function approval(rollout: Rollout): Promise<void> {
  const { control } = rollout;
  control.awaiting = control.wave;
  control.notify('gate', `wave ${control.wave} waits for approval`);
  while (control.awaiting !== undefined && !control.ending) {
    await control.enter('waiting for approval', `wave ${control.wave}`);
    await condition(
      () => control.awaiting === undefined || control.ending !== undefined || control.hasRetries(),
    );
    await carryOut(rollout, await takeRetries(rollout));
  }
  control.awaiting = undefined;
}

async function lastRetries(rollout: Rollout): Promise<void> {
  const { control } = rollout;
  while (!control.ending) {
    await control.whileHeld();
    const again = await takeRetries(rollout);
    if (again.size === 0) return;
    await carryOut(rollout, again);
  }
}

/**
 * A batch that left its hosts as they were, although nothing stood in its way, may be an attempt that was replaced by
 * another; what so many leave, one more would leave too.
 */
const idleBatches = 3;

/** Every host that the rollout changed goes back: failed ones first, caps hold, the budget does not. */
async function rollBack(rollout: Rollout): Promise<RolloutResult['result']> {
  const { control, opened } = rollout;
  control.undo();
  let before: string | undefined;
  let idle = 0;
  while (control.ending === 'rollback') {
    await control.whenAllowed('undo', opened.window);
    const { undoable } = await quick.sums(referenceOf(rollout));
    idle = undoable === before ? idle + 1 : 0;
    if (undoable === '' || idle === idleBatches || control.ending !== 'rollback') break;
    await control.enter('rolling back');
    const names = await quick.nameHosts({ ...referenceOf(rollout), hosts: undoable });
    const result = await onHosts.runBatch.executeWithOptions({ summary: summaryOf(`undo: ${names}`) }, [
      { ...referenceOf(rollout), action: 'undo', wave: 0, hosts: undoable, handOver: false },
    ]);
    before = result.stopped === 'no' ? undoable : undefined;
  }
  return quick.finish({ ...referenceOf(rollout), aborted: false, rolledBack: true });
}
