import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { Gate } from '../../activities/gate';
import { holdWhatWasAsked } from '../../workers/hold-what-was-asked';
import { quietRuntime } from '../../workers/run';
import { rolloutWorkflowId, taskQueue } from '../../workflows/contract';
import { startTestTemporal, type TestTemporal } from '../support/temporal';

quietRuntime(() => {});

const fleet = 'asked';
let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await startTestTemporal();
});
afterAll(() => temporal.stop());

test('A rollout that was paused while no worker ran finds its gate shut before any activity is served', async () => {
  const { client, namespace } = temporal;
  for (const rollout of ['r-paused', 'r-free'])
    await client.workflow.start('rollout', {
      workflowId: rolloutWorkflowId(fleet, rollout),
      taskQueue: taskQueue(fleet),
      args: [{ rollout }],
    });
  await client.workflow.getHandle(rolloutWorkflowId(fleet, 'r-paused')).signal('pause');

  const gate = new Gate();
  gate.open('r-paused', 1);
  gate.open('r-free', 1);
  const connection = await NativeConnection.connect({ address: temporal.server.address });
  const decisions = await Worker.create({
    connection,
    namespace,
    taskQueue: taskQueue(fleet),
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: require.resolve('../support/asked-rollout'),
      logger: new DefaultLogger('WARN'),
    }),
  });
  const said: string[] = [];
  await decisions.runUntil(holdWhatWasAsked(client, fleet, gate, (line) => said.push(line)));
  await connection.close();

  expect(said).toEqual([]);
  // An opening that was asked for before the pause, and is carried out now, opens nothing.
  gate.open('r-paused', 1);
  expect([gate.isOpen('r-paused'), gate.isOpen('r-free')]).toEqual([false, true]);
});
