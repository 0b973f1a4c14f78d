import {
  allHandlersFinished,
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { RunActivities } from '../activities/run/activities';
import { statusQuery } from './contract/rollout';
import type { RunAsked, RunInput, RunRef, RunStatus, RunSummary } from './contract/run';
import { asLongAsHostsNeed, quickly } from './proxies';

/** Selecting among 100,000 hosts takes a second. */
const quick = proxyActivities<RunActivities>(quickly);

/** Another attempt takes up what the ledger says was not sent. */
const onHosts = proxyActivities<RunActivities>(asLongAsHostsNeed);

const goOn = defineSignal<[RunAsked]>('goOn');
const stop = defineSignal<[RunAsked]>('stop');
const status = defineQuery<RunStatus>(statusQuery);

/** A command run on hosts, or files pushed to or pulled from them: the paper's sshTool, with a record. */
export async function run(input: RunInput): Promise<RunSummary> {
  const { fleet, run: id } = input;
  let answer: 'go on' | 'stop' | undefined;
  let opened = false;
  let mayBegin = true;
  setHandler(status, () => ({ run: id, mayBegin }));
  const take = (verb: 'go on' | 'stop') => async (asked: RunAsked) => {
    if (verb === 'stop') mayBegin = false;
    await condition(() => opened);
    if (await quick.answerRun({ fleet, run: id, verb, ...asked })) answer = verb;
  };
  setHandler(goOn, take('go on'));
  setHandler(stop, take('stop'));
  const { hosts, canary } = await quick.openRun(input);
  opened = true;
  try {
    if (canary > 0) {
      setCurrentDetails(`${canary} of ${hosts} hosts first`);
      await runHosts({ fleet, run: id, from: 0, to: canary });
      if (answer === undefined) await quick.askAboutRun({ fleet, run: id });
      setCurrentDetails(`${canary} of ${hosts} hosts have run; waits for a person: go on, or stop`);
      await condition(() => answer !== undefined);
    }
    if (answer !== 'stop') {
      setCurrentDetails(`${hosts - canary} hosts`);
      await runHosts({ fleet, run: id, from: canary, to: hosts });
    }
  } catch (error) {
    // Whatever ended it, its book says so, and where each host is.
    await quick.endRun({ fleet, run: id });
    throw error;
  }
  await condition(allHandlersFinished);
  return quick.endRun({ fleet, run: id });
}

function runHosts(range: RunRef & { from: number; to: number }): Promise<void> {
  return onHosts.runHosts.executeWithOptions({ summary: `${range.to - range.from} hosts` }, [range]);
}
