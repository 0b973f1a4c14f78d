import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { heartbeatInterceptor } from '../../workers/heartbeat-interceptor';
import { until } from '../support/rollouts';

test('every activity says that it lives as long as it goes on, and no longer', async () => {
  const environment = new MockActivityEnvironment();
  let heartbeats = 0;
  environment.on('heartbeat', () => {
    heartbeats += 1;
  });
  const execute = () =>
    heartbeatInterceptor.execute!({ args: [], headers: {} }, async () => {
      await until(() => heartbeats === 2);
      return 'done';
    });
  expect(await environment.run(execute)).toBe('done');
  await sleep(2_500);
  expect(heartbeats).toBe(2);
});
