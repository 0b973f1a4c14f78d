import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { Ranges } from '../model/ranges';
import { summaryOf } from '../model/summary';
import { clock } from '../model/waits';
import { batchHosts, type WaveInput, type WaveResult } from './contract/wave';
import { historyIsLong } from './history';
import { onHosts, quick } from './proxies';
import { showFailedHosts } from './visible';

/** The rollout begins nothing more: a wave that only waits ends at once. */
export const stopWave = defineSignal('stop');

/**
 * One wave: its hosts in batches, and those that could not be reached again until they are owed.
 * Ends early, with what is left, when the gate closes or the budget is spent; the rollout decides what then.
 */
export async function wave(input: WaveInput): Promise<WaveResult> {
  // What a rollout decides between its waves (soaks, approvals, the budget) is not to be had around it.
  if (!workflowInfo().parent)
    throw ApplicationFailure.nonRetryable('a wave is begun by its rollout only', 'TG_MANDATE_MISSING');
  let stopped = input.stopped ?? false;
  setHandler(stopWave, () => {
    stopped = true;
  });
  let waiting = Ranges.fromText(input.hosts);
  let inProgress = Ranges.fromText(input.inProgress ?? '');
  let unreachable = Ranges.fromText(input.unreachable ?? '');
  let triesMade = input.triesMade ?? 0;
  let failures = 0;
  for (;;) {
    while (waiting.size > 0 || inProgress.size > 0) {
      const batch = waiting.first(batchHosts);
      waiting = waiting.subtract(batch);
      const names = await namesOf(input, batch);
      const before = inProgress.size === 0 ? '' : ` and ${inProgress.size} in progress`;
      setCurrentDetails(
        `**${names}**${before}; ${waiting.size} hosts wait behind it, ${unreachable.size} could not be reached.`,
      );
      const result = await onHosts.runBatch.executeWithOptions({ summary: summaryOf(`${names}${before}`) }, [
        {
          ...reference(input),
          action: 'apply',
          wave: input.wave,
          hosts: batch.union(inProgress).toText(),
          stopAt: input.stopAt,
          handOver: waiting.size > 0,
        },
      ]);
      inProgress = Ranges.fromText(result.inProgress);
      unreachable = unreachable.union(Ranges.fromText(result.unreachable));
      const left = Ranges.fromText(result.left);
      if (result.failures !== failures) showFailedHosts(result.failures);
      failures = result.failures;
      if (result.stopped !== 'no' && inProgress.size === 0)
        return {
          left: waiting.union(left).toText(),
          unreachable: unreachable.toText(),
          triesMade,
          failures: result.failures,
          stopped: result.stopped,
        };
      waiting = waiting.union(left);
      if (historyIsLong(input))
        await continueAsNew<typeof wave>({
          ...input,
          hosts: waiting.toText(),
          inProgress: inProgress.toText(),
          unreachable: unreachable.toText(),
          triesMade,
          stopped,
        });
    }
    triesMade += 1;
    if (unreachable.size === 0 || triesMade >= input.tries) break;
    const again = `try ${triesMade + 1} of ${input.tries}`;
    const names = await namesOf(input, unreachable);
    setCurrentDetails(
      `**${names}** could not be reached: ${again} at ${clock(new Date(Date.now() + input.tryEveryMs).toISOString())}; after the last one they are owed.`,
    );
    if (await condition(() => stopped, input.tryEveryMs, { summary: summaryOf(`${again}: ${names}`) }))
      return { left: unreachable.toText(), unreachable: '', triesMade, failures, stopped: 'closed' };
    waiting = unreachable;
    unreachable = Ranges.fromText('');
  }
  const ended = await quick.owe({ ...reference(input), hosts: unreachable.toText() });
  return { left: '', unreachable: '', triesMade: 0, failures: ended.failures, stopped: 'no' };
}

/** @returns the hosts as a node set that fits a summary. */
async function namesOf(input: WaveInput, hosts: Ranges): Promise<string> {
  const text = hosts.toText();
  return text === ''
    ? 'no more'
    : (input.names[text] ?? quick.nameHosts({ ...reference(input), hosts: text }));
}

const reference = ({ fleet, rollout, plan }: WaveInput) => ({ fleet, rollout, plan });
