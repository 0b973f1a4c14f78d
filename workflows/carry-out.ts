import { condition, ParentClosePolicy, startChild, uuid4 } from '@temporalio/workflow';
import { counted } from '../model/counted';
import { limitOf, mustStop } from '../model/procedure';
import { Ranges } from '../model/ranges';
import { summaryOf } from '../model/summary';
import { rolloutWorkflowId } from './contract/rollout';
import type { WaveResult } from './contract/wave';
import { quick } from './proxies';
import { isCatchingUp, type Rollout, whatIsLeft } from './steps';
import { attributesOf, showFailedHosts } from './visible';
import { stopWave, wave } from './wave';

/** Carries through what is left of a wave; stops where it must. */
export async function carryOut(rollout: Rollout, number: number): Promise<void> {
  const { control, opened } = rollout;
  control.progress.wave = number;
  if (!(await control.mayBegin('apply', opened.window))) return;
  await control.progress.enter('wave');
  const stopAt = limitOf(control.course, number);
  const result = await runWave(rollout, number, stopAt);
  const catchingUp = isCatchingUp(rollout);
  // Nobody is waited for but a person who paused it: what is left is owed as before.
  const owed = catchingUp && !control.course.paused ? whatIsLeft(result) : Ranges.none;
  if (owed.size > 0) await quick.owe({ ...control.reference, hosts: owed.toText() });
  const { left, unreachable, triesMade } =
    owed.size > 0 ? { left: '', unreachable: '', triesMade: 0 } : result;
  control.take({ kind: 'carried out', wave: number, left, unreachable, triesMade });
  if (result.stopped === 'budget') await spent(rollout, result.failures, stopAt);
  const sums = await quick.sums(control.reference);
  showFailedHosts(sums.failures);
  const away = sums.unreachable + sums.owed;
  if (away > opened.unreachable.pauseOverHosts && !catchingUp)
    control.take({ kind: 'held', why: `${away} hosts cannot be reached` });
}

/** The budget is spent: what the plan says then. Days later, when owed hosts are caught up, that is the end of it. */
export async function spent(rollout: Rollout, failures: number, stopAt: number): Promise<void> {
  const { control, opened } = rollout;
  const next = isCatchingUp(rollout) ? 'pause' : opened.whenSpent;
  await quick.budgetSpent({ ...control.reference, failures, stopAt, next });
  if (isCatchingUp(rollout)) return;
  const why = `the failure budget is spent (${failures} of ${stopAt})`;
  if (next !== 'pause') control.progress.notify('stop', `${why}; then ${next}`);
  control.take({ kind: 'spent', policy: next, why });
}

async function runWave(rollout: Rollout, number: number, stopAt: number): Promise<WaveResult> {
  const { control, opened, input } = rollout;
  const { left, unreachable, triesMade } = control.course.waves[number - 1]!;
  const hosts = counted(whatIsLeft({ left, unreachable }).size, 'host');
  control.progress.say(`Wave ${number} of ${opened.waves.length}: ${hosts}.`);
  const { tries, everyMs } = isCatchingUp(rollout) ? { tries: 1, everyMs: 0 } : opened.unreachable;
  const child = await startChild(wave, {
    args: [
      {
        ...control.reference,
        wave: number,
        hosts: left,
        unreachable,
        triesMade,
        stopAt,
        tries,
        tryEveryMs: everyMs,
        names: opened.waves[number - 1]?.names ?? {},
        historyEvents: input.historyEvents,
      },
    ],
    workflowId: waveId(rollout, number),
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    typedSearchAttributes: attributesOf(input.fleet, opened.package, 'wave'),
    staticSummary: summaryOf(
      `${opened.package} ${opened.version}: wave ${number} of ${opened.waves.length}, ${hosts}`,
    ),
    staticDetails: `Stops at failure ${stopAt} of the whole rollout. Each batch below names its hosts.`,
  });
  let over = false;
  void condition(() => over || mustStop(control.course, { do: 'carry out', wave: number })).then(() =>
    over ? undefined : child.signal(stopWave).catch(() => undefined),
  );
  try {
    return await child.result();
  } finally {
    over = true;
  }
}

/** Readable, and never that of a wave which a rollout that was ended from outside has left behind. */
function waveId({ input, opened }: Rollout, number: number): string {
  return `${rolloutWorkflowId(input.fleet, opened.package)}/wave-${number}/${uuid4().slice(0, 8)}`;
}
