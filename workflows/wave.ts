import {
  ApplicationFailure,
  continueAsNew,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { Ranges } from '../model/ranges';
import type { WaveInput, WaveResult } from './contract';
import { onHosts, quick } from './proxies';

/** Hosts handed to one activity: 100,000 hosts are 200 batches, 3 events each. */
const batchHosts = 500;

/**
 * One wave: its hosts in batches, and those that could not be reached again until they are owed.
 * Ends early, with what is left, when the gate closes or the budget is spent; the rollout decides what then.
 */
export async function wave(input: WaveInput): Promise<WaveResult> {
  // What a rollout decides between its waves (soaks, approvals, the budget) is not to be had around it.
  if (!workflowInfo().parent)
    throw ApplicationFailure.nonRetryable('a wave is begun by its rollout only', 'TG_MANDATE_MISSING');
  let waiting = Ranges.fromText(input.hosts);
  let inProgress = Ranges.fromText(input.inProgress ?? '');
  let unreachable = Ranges.fromText(input.unreachable ?? '');
  let triesMade = input.triesMade ?? 0;
  for (;;) {
    while (waiting.size > 0 || inProgress.size > 0) {
      const batch = waiting.first(batchHosts);
      waiting = waiting.subtract(batch);
      const result = await onHosts.runBatch.executeWithOptions(
        { summary: `wave ${input.wave}: ${batch.size} hosts, ${inProgress.size} in progress` },
        [
          {
            ...reference(input),
            action: 'apply',
            wave: input.wave,
            hosts: batch.union(inProgress).toText(),
            stopAt: input.stopAt,
            handOver: waiting.size > 0,
          },
        ],
      );
      inProgress = Ranges.fromText(result.inProgress);
      unreachable = unreachable.union(Ranges.fromText(result.unreachable));
      const left = Ranges.fromText(result.left);
      if (result.stopped !== 'no' && inProgress.size === 0)
        return {
          left: waiting.union(left).union(unreachable).toText(),
          failures: result.failures,
          stopped: result.stopped,
        };
      waiting = waiting.union(left);
      if (workflowInfo().continueAsNewSuggested)
        await continueAsNew<typeof wave>({
          ...input,
          hosts: waiting.toText(),
          inProgress: inProgress.toText(),
          unreachable: unreachable.toText(),
          triesMade,
        });
    }
    triesMade += 1;
    if (unreachable.size === 0 || triesMade >= input.tries) break;
    setCurrentDetails(
      `${unreachable.size} hosts could not be reached; try ${triesMade + 1} of ${input.tries} follows`,
    );
    await sleep(input.tryEveryMs);
    waiting = unreachable;
    unreachable = Ranges.fromText('');
  }
  const { failures } = await quick.owe({ ...reference(input), hosts: unreachable.toText() });
  return { left: '', failures, stopped: 'no' };
}

const reference = ({ fleet, rollout, plan }: WaveInput) => ({ fleet, rollout, plan });
