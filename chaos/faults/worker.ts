import { setTimeout as sleep } from 'node:timers/promises';
import { type Injections, NotNow } from '../chaos';
import { tidegate } from '../setting';

/** A start takes 2 s; the rest is for two busy cores. */
const refusedWithinMs = 30_000;

/** kill -9, and another worker at once: what a service manager would do. */
const kill: Injections[string] = ({ setting: { worker }, recovery, turns }) =>
  turns.take('worker', async () => {
    await worker.end('SIGKILL');
    recovery.killed();
    await worker.start();
    return undefined;
  });

/** Whoever is killed or ended meanwhile is not continued in vain: the signal goes to the next one, which minds it not. */
const stop: Injections[string] = async ({ setting: { worker } }) => {
  worker.signal('SIGSTOP');
  return async () => worker.signal('SIGCONT');
};

export const workerFaults: Injections = {
  killed: kill,
  'killed with its begin on the way, which arrives late': kill,
  'killed with the answer on the way, which is lost': kill,
  'killed again while it starts': ({ setting: { worker }, recovery, turns }, { ms }) =>
    turns.take('worker', async () => {
      await worker.end('SIGKILL');
      const starts = worker.start();
      await sleep(ms);
      await worker.end('SIGKILL');
      await starts;
      recovery.killed();
      await worker.start();
      return undefined;
    }),
  'stopped and continued': stop,
  'stopped past every timeout and continued': stop,
  'told to end, and started again': ({ setting: { worker }, turns }) =>
    turns.take('worker', async () => {
      // One that is stopped hears of it only when it goes on.
      worker.signal('SIGCONT');
      await worker.end('SIGTERM');
      await worker.start();
      return undefined;
    }),
  'a second one started by mistake': ({ setting, turns, violate }) =>
    turns.take('worker', async () => {
      if (!setting.worker.isUp) throw new NotNow();
      const { code, err } = await tidegate(setting, ['worker'], refusedWithinMs);
      if (setting.worker.isUp && !(code === 1 && err.includes('TG_WORKER_RUNNING')))
        violate(`a second worker was not refused: exit ${code} ${err}`);
      return undefined;
    }),
};
