import {
  allHandlersFinished,
  condition,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { RunActivities } from '../activities/run/activities';
import type { RunAsked, RunInput, RunSummary } from './contract';

/** Decisions and ledger entries: milliseconds each, and selecting among 100,000 hosts a second. */
const quick = proxyActivities<RunActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 200 },
});

/** As long as the hosts need; another attempt takes up what the ledger says was not sent. */
const onHosts = proxyActivities<RunActivities>({
  startToCloseTimeout: '30d',
  heartbeatTimeout: '8s',
  retry: { initialInterval: '200ms', maximumInterval: '10s', maximumAttempts: 100 },
});

const goOn = defineSignal<[RunAsked]>('goOn');
const stop = defineSignal<[RunAsked]>('stop');

/** A command run on hosts, or files pushed to or pulled from them: the paper's sshTool, with a record. */
export async function run(input: RunInput): Promise<RunSummary> {
  const { fleet, run: id } = input;
  let answer: 'go on' | 'stop' | undefined;
  const take = (verb: 'go on' | 'stop') => async (asked: RunAsked) => {
    if (await quick.answerRun({ fleet, run: id, verb, ...asked })) answer = verb;
  };
  setHandler(goOn, take('go on'));
  setHandler(stop, take('stop'));
  const { hosts, canary } = await quick.openRun(input);
  if (canary > 0) {
    setCurrentDetails(`${canary} of ${hosts} hosts first`);
    await onHosts.runHosts.executeWithOptions({ summary: `the first ${canary} hosts` }, [
      { fleet, run: id, from: 0, to: canary },
    ]);
    await quick.askAboutRun({ fleet, run: id });
    setCurrentDetails(`${canary} of ${hosts} hosts have run; waits for a person: go on, or stop`);
    await condition(() => answer !== undefined);
  }
  if (answer !== 'stop') {
    setCurrentDetails(`${hosts - canary} hosts`);
    await onHosts.runHosts.executeWithOptions({ summary: `${hosts - canary} hosts` }, [
      { fleet, run: id, from: canary, to: hosts },
    ]);
  }
  await condition(allHandlersFinished);
  return quick.endRun({ fleet, run: id });
}
