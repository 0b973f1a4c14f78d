import { condition, defineQuery, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { RolloutStatus } from '../../workflows/contract';

const { never } = proxyActivities<{ never(): Promise<void> }>({ startToCloseTimeout: '1m' });

/** Stands for a rollout that waits: asked to pause, it cannot say so to an activity, as none is served. */
export async function rollout({ rollout: id }: { rollout: string }): Promise<void> {
  let asked = false;
  setHandler(defineQuery<RolloutStatus>('status'), () => ({
    rollout: id,
    phase: 'wave',
    wave: 1,
    gate: 'open',
    mayBegin: !asked,
    turn: 1,
    inFlight: 0,
  }));
  setHandler(defineSignal('pause'), async () => {
    asked = true;
    await never();
  });
  await condition(() => false);
}
