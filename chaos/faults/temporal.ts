import { type Injections, NotNow } from '../chaos';

export const temporalFaults: Injections = {
  'server killed': ({ setting: { temporal }, turns }) =>
    turns.take('server', async () => {
      if (!temporal.isUp) throw new NotNow();
      await temporal.kill();
      return () => turns.take('server', () => temporal.startAgain());
    }),
  'server stopped and continued': async ({ setting: { temporal } }) => {
    if (!temporal.isUp) throw new NotNow();
    temporal.signal('SIGSTOP');
    return async () => temporal.signal('SIGCONT');
  },
  'server and worker killed': ({ setting: { temporal, worker }, turns }) =>
    turns.take('server', async () => {
      if (!temporal.isUp) throw new NotNow();
      await Promise.all([temporal.kill(), turns.take('worker', () => worker.end('SIGKILL'))]);
      return async () => {
        await turns.take('server', () => temporal.startAgain());
        await turns.take('worker', async () => {
          if (!worker.isUp) await worker.start();
        });
      };
    }),
};
