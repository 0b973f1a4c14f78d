import { condition, defineQuery, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { RolloutStatus } from '../../workflows/contract/rollout';

export { run } from '../../workflows/run';

const { never } = proxyActivities<{ never(): Promise<void> }>({ startToCloseTimeout: '1m' });

/** Stands for a rollout that waits: asked to pause, it cannot say so to an activity, as none is served. */
export async function rollout({ rollout: id }: { rollout: string }): Promise<void> {
  let asked = false;
  let silent = false;
  setHandler(defineQuery<RolloutStatus>('status'), () => {
    if (silent) throw new Error('no answer');
    return {
      rollout: id,
      phase: 'wave',
      wave: 1,
      gate: 'open',
      mayBegin: !asked,
      turn: asked ? 1 : 0,
      inFlight: 0,
    };
  });
  setHandler(defineSignal('silence'), () => {
    silent = true;
  });
  setHandler(defineSignal('answer'), () => {
    silent = false;
  });
  setHandler(defineSignal('pause'), async () => {
    asked = true;
    await never();
  });
  await condition(() => false);
}
