import {
  allHandlersFinished,
  CancellationScope,
  condition,
  executeChild,
  ParentClosePolicy,
  patched,
  uuid4,
} from '@temporalio/workflow';
import { counted } from '../model/counted';
import { Ranges } from '../model/ranges';
import { summaryOf } from '../model/summary';
import { type OpenedRollout, type RolloutInput, type RolloutResult, rolloutWorkflowId } from './contract';
import { messageOf } from './message-of';
import { onHosts, quick } from './proxies';
import { RolloutControl } from './rollout-control';
import { attributesOf, showFailedHosts, showPhase, showRollout } from './visible';
import { wave } from './wave';

/**
 * A plan carried out: rehearsed, in waves, each soaked and approved where the plan asks, and taken back when it fails.
 * What has happened to each host is in the ledger; the workflow decides what happens next.
 */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  const control = new RolloutControl(input);
  control.listen();
  let opened: OpenedRollout | undefined;
  try {
    opened = await quick.openRollout(input);
    return { result: await carryOut(input, opened, control) };
  } catch (error) {
    // What stopped it is in the history; the ledger says that it ended, and where each host is. A rollout that was
    // refused has no place there: the ID that it came with may be that of another.
    const failed = messageOf(error);
    if (opened || !patched('refused-leaves-no-trace'))
      await CancellationScope.nonCancellable(() =>
        quick.finish({ ...reference(input), aborted: false, failed }),
      );
    throw error;
  } finally {
    await condition(allHandlersFinished);
  }
}

async function carryOut(
  input: RolloutInput,
  opened: OpenedRollout,
  control: RolloutControl,
): Promise<RolloutResult['result']> {
  control.stopAt = opened.stopAt;
  showRollout(input.fleet, opened.package);
  if (input.verb === 'rollback') control.ending = 'rollback';
  if (opened.rehearse) {
    await control.enter('rehearsing');
    await onHosts.rehearse(reference(input));
  }
  await carryOutWaves(input, opened, control);
  const result =
    control.ending === 'rollback'
      ? await rollBack(input, opened, control)
      : await quick.finish({ ...reference(input), aborted: control.ending === 'abort' });
  control.phase = 'ended';
  control.say(result);
  if (opened.visible) showPhase('ended');
  return result;
}

async function carryOutWaves(
  input: RolloutInput,
  opened: OpenedRollout,
  control: RolloutControl,
): Promise<void> {
  for (let number = 1; number <= opened.waves.length && !control.ending; number += 1) {
    const planned = opened.waves[number - 1]!;
    control.wave = number;
    let hosts = Ranges.fromText(planned.hosts);
    while (hosts.size > 0 && !control.ending) {
      hosts = await carryOutWave(input, opened, control, hosts);
      hosts = hosts.union(await takeRetries(input, control));
    }
    if (control.ending || planned.hosts === '') continue;
    if (number < opened.waves.length) await soak(input, planned, control);
    if (planned.gate && !control.ending) await approval(input, control);
  }
  await lastRetries(input, opened, control);
}

/** @returns the hosts of the wave that are left because it was stopped. */
async function carryOutWave(
  input: RolloutInput,
  opened: OpenedRollout,
  control: RolloutControl,
  hosts: Ranges,
): Promise<Ranges> {
  await control.whenAllowed();
  if (control.ending) return hosts;
  if (opened.window) await insideWindow(input, control);
  await control.enter('wave');
  control.say(`Wave ${control.wave} of ${opened.waves.length}: ${counted(hosts.size, 'host')}.`);
  const stopAt =
    control.wave === 1
      ? Math.min(opened.firstWaveStopAt, control.stopAt ?? opened.stopAt)
      : (control.stopAt ?? opened.stopAt);
  const result = await executeChild(wave, {
    args: [
      {
        ...reference(input),
        wave: control.wave,
        hosts: hosts.toText(),
        stopAt,
        tries: opened.unreachable.tries,
        tryEveryMs: opened.unreachable.everyMs,
        names: opened.waves[control.wave - 1]?.names,
      },
    ],
    workflowId: opened.visible && waveId(input, opened, control.wave),
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    typedSearchAttributes: attributesOf(input.fleet, opened.package, 'wave'),
    staticSummary: summaryOf(
      `${opened.package} ${opened.version}: wave ${control.wave} of ${opened.waves.length}, ${counted(hosts.size, 'host')}`,
    ),
    staticDetails: `Stops at failure ${stopAt} of the whole rollout. Each batch below names its hosts.`,
  });
  if (result.stopped === 'budget') await spent(input, opened, control, result.failures, stopAt);
  const { unreachable, owed, failures } = await quick.sums(reference(input));
  showFailedHosts(failures);
  if (unreachable + owed > opened.unreachable.pauseOverHosts && !control.ending)
    control.heldFor ??= `${unreachable + owed} hosts cannot be reached`;
  return Ranges.fromText(result.left);
}

/** Readable, and never that of a wave which a rollout that was ended from outside has left behind. */
function waveId({ fleet }: RolloutInput, opened: OpenedRollout, number: number): string {
  return `${rolloutWorkflowId(fleet, opened.package)}/wave-${number}/${uuid4().slice(0, 8)}`;
}

/** The budget is spent: what the plan says then. */
async function spent(
  input: RolloutInput,
  opened: OpenedRollout,
  control: RolloutControl,
  failures: number,
  stopAt: number,
): Promise<void> {
  await quick.budgetSpent({ ...reference(input), failures, stopAt, next: opened.whenSpent });
  if (opened.whenSpent === 'pause')
    control.heldFor = `the failure budget is spent (${failures} of ${stopAt})`;
  else control.ending ??= opened.whenSpent;
}

async function takeRetries(input: RolloutInput, control: RolloutControl): Promise<Ranges> {
  let again = Ranges.fromText('');
  for (let asked = control.takeRetry(); asked; asked = control.takeRetry())
    again = again.union(Ranges.fromText(await quick.retryHosts({ ...reference(input), hosts: asked.hosts })));
  return again;
}

async function lastRetries(
  input: RolloutInput,
  opened: OpenedRollout,
  control: RolloutControl,
): Promise<void> {
  for (;;) {
    if (control.ending) return;
    if (control.mustWait()) await control.whenAllowed();
    let again = await takeRetries(input, control);
    if (again.size === 0) return;
    while (again.size > 0 && !control.ending) {
      again = await carryOutWave(input, opened, control, again);
      again = again.union(await takeRetries(input, control));
    }
  }
}

/** A wait with the checks still watched: what fails at its end stops the next wave. */
async function soak(
  input: RolloutInput,
  planned: OpenedRollout['waves'][number],
  control: RolloutControl,
): Promise<void> {
  if (planned.soakMs > 0) {
    await control.enter(
      'soaking',
      `wave ${control.wave}`,
      new Date(Date.now() + planned.soakMs).toISOString(),
    );
    await condition(() => control.ending !== undefined, planned.soakMs, {
      summary: `wave ${control.wave} soaks`,
    });
  }
  if (control.ending || planned.soakMs === 0) return;
  const failed = await onHosts.watchSoak({ ...reference(input), hosts: planned.hosts });
  if (failed > 0) control.heldFor = `${failed} hosts failed a check while wave ${control.wave} soaked`;
}

async function approval(input: RolloutInput, control: RolloutControl): Promise<void> {
  if (control.approved.has(control.wave)) return;
  await control.enter('waiting for approval', `wave ${control.wave}`);
  await quick.notify({
    ...reference(input),
    event: 'gate',
    detail: `wave ${control.wave} waits for approval`,
  });
  await condition(() => control.approved.has(control.wave) || control.ending !== undefined);
}

async function insideWindow(input: RolloutInput, control: RolloutControl): Promise<void> {
  for (;;) {
    const opensInMs = await quick.windowOpensInMs(reference(input));
    if (opensInMs === 0 || control.ending) return;
    await control.enter('waiting for the window', undefined, new Date(Date.now() + opensInMs).toISOString());
    await condition(() => control.ending !== undefined, opensInMs, { summary: 'until the window opens' });
  }
}

/** Every host that the rollout changed goes back: failed ones first, caps hold, the budget does not. */
async function rollBack(
  input: RolloutInput,
  opened: OpenedRollout,
  control: RolloutControl,
): Promise<RolloutResult['result']> {
  await control.enter('rolling back');
  for (;;) {
    await control.open();
    const { undoable } = await quick.sums(reference(input));
    if (undoable === '' || control.ending !== 'rollback') break;
    const names = opened.visible ? await quick.nameHosts({ ...reference(input), hosts: undoable }) : '';
    const result = await onHosts.runBatch.executeWithOptions({ summary: summaryOf(`undo: ${names}`) }, [
      { ...reference(input), action: 'undo', wave: 0, hosts: undoable, handOver: false },
    ]);
    if (result.stopped === 'no') break;
    await condition(() => !control.paused);
  }
  return quick.finish({ ...reference(input), aborted: false, rolledBack: true });
}

const reference = ({ fleet, rollout, plan }: RolloutInput) => ({ fleet, rollout, plan });
