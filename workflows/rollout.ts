import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  ContinueAsNew,
  condition,
  workflowInfo,
} from '@temporalio/workflow';
import { type Ending, next } from '../model/procedure';
import { carryOut } from './carry-out';
import { leaveOwed } from './catch-up';
import type { RolloutInput, RolloutResult } from './contract/rollout';
import { messageOf } from './message-of';
import { quick } from './proxies';
import { RolloutControl } from './rollout-control';
import { soak } from './soak';
import {
  isCatchingUp,
  oweWhatIsLeft,
  type Rollout,
  rehearsal,
  retries,
  waitsForAPerson,
  waitsForApproval,
} from './steps';
import { takeBack } from './take-back';
import { undo } from './undo';
import { showPhase, showRollout } from './visible';

/**
 * A plan carried out: rehearsed, in waves, each soaked and approved where the plan asks, and taken back when it fails.
 * What has happened to each host is in the ledger; model/procedure.ts decides what happens next.
 */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  // Only the server says this of a run: a course from a client would go around its mandate.
  if (input.underWay && !workflowInfo().continuedFromExecutionRunId)
    throw ApplicationFailure.nonRetryable('a course is handed on by a rollout only', 'TG_MANDATE_MISSING');
  const control = new RolloutControl(input);
  control.listen();
  // A rollout that is refused has no place in the ledger: the ID that it came with may be that of another.
  const opened = input.underWay?.opened ?? (await quick.openRollout(input));
  const rollout = { input, opened, control };
  control.begin(opened);
  try {
    const result = await procedure(rollout);
    control.progress.notify('end', result);
    return { result };
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    // What stopped it is in the history; the ledger says that it ended, and where each host is.
    const failed = messageOf(error);
    await CancellationScope.nonCancellable(() =>
      quick.finish({ ...control.reference, aborted: false, failed }),
    );
    control.progress.notify('end', `failed: ${failed}`);
    throw error;
  } finally {
    await control.progress.notified();
    await condition(allHandlersFinished);
  }
}

async function procedure(rollout: Rollout): Promise<RolloutResult['result']> {
  const { input, opened, control } = rollout;
  showRollout(input.fleet, opened.package);
  for (;;) {
    await control.turnOver(opened);
    const step = next(control.course);
    switch (step.do) {
      case 'rehearse':
        await rehearsal(rollout);
        break;
      case 'carry out':
        await carryOut(rollout, step.wave);
        break;
      case 'soak':
        await soak(rollout, step.wave);
        break;
      case 'await approval':
        await waitsForApproval(rollout, step.wave);
        break;
      case 'hold':
        await waitsForAPerson(rollout);
        break;
      case 'take retries':
        await retries(rollout);
        break;
      case 'take back':
        await takeBack(rollout, step.ill);
        break;
      case 'undo':
        await undo(rollout);
        break;
      case 'finish':
        return finish(rollout, step.how);
    }
  }
}

async function finish(rollout: Rollout, how: Ending): Promise<RolloutResult['result']> {
  const { control } = rollout;
  if (isCatchingUp(rollout)) await oweWhatIsLeft(rollout);
  const result = await quick.finish({
    ...control.reference,
    aborted: how === 'aborted',
    rolledBack: how === 'rolled back',
  });
  control.progress.phase = 'ended';
  control.progress.say(result);
  showPhase('ended');
  const owes = result === 'incomplete' && how === 'carried out' && !isCatchingUp(rollout);
  if (owes) await leaveOwed(rollout);
  return result;
}
