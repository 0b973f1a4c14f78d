import type { Chaos, Mend } from '../chaos';
import type { Fault } from '../schedule';

type Inject = (chaos: Chaos, fault: Fault) => Promise<Mend>;

/** kill -9, and another one at once: what a service manager would do. */
const kill: Inject = ({ setting: { worker }, recovery, turns }) =>
  turns.take('worker', async () => {
    await worker.end('SIGKILL');
    recovery.killed();
    await worker.start();
    return undefined;
  });

export const workerFaults: Readonly<Record<string, Inject>> = {
  'worker killed': kill,
  'worker killed, its begin on the way': kill,
  'worker killed, the answer on the way': kill,
};
