import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { Gate } from '../../activities/gate';
import { holdWhatWasAsked } from '../../workers/hold-what-was-asked';
import { quietRuntime } from '../../workers/run';
import { rolloutWorkflowId } from '../../workflows/contract/rollout';
import { runWorkflowId } from '../../workflows/contract/run';
import { taskQueue } from '../../workflows/contract/server';
import { until } from '../support/rollouts';
import { startTestTemporal, type TestTemporal } from '../support/temporal';

quietRuntime(() => {});

const fleet = 'asked';
let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await startTestTemporal();
});
afterAll(() => temporal.stop());

test('What was asked to pause or to stop while no worker ran, or does not say, is held before any activity is served', async () => {
  const { client, namespace } = temporal;
  const start = (type: string, id: string) =>
    client.workflow.start(type, {
      workflowId: type === 'run' ? runWorkflowId(fleet, id) : rolloutWorkflowId(fleet, id),
      taskQueue: taskQueue(fleet),
      args: [{ rollout: type === 'run' ? undefined : id, run: type === 'run' ? id : undefined, fleet }],
    });
  const ids = ['r-paused', 'r-free', 'r-silent', 'run-stopped', 'run-free'];
  const [paused, , silent, stopped] = await Promise.all(
    ids.map((id) => start(id.startsWith('run') ? 'run' : 'rollout', id)),
  );
  await paused!.signal('pause');
  await silent!.signal('silence');
  await stopped!.signal('stop', { actor: { name: 'tests', proof: 'claimed' } });

  const gate = new Gate();
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
  const ending = new AbortController();
  const open = () => ids.filter((id) => gate.isOpen(id));
  await decisions.runUntil(async () => {
    await holdWhatWasAsked(client, fleet, gate, (line) => said.push(line), ending.signal);
    expect(open()).toEqual(['r-free', 'run-free']);
    await silent!.signal('answer');
    await until(() => gate.isOpen('r-silent'));
  });
  ending.abort();
  await connection.close();

  expect(said).toEqual([expect.stringMatching(/^rollout.asked.r-silent does not say whether it may go on/)]);
  // An opening that was asked for before the pause, and is carried out now, opens nothing.
  gate.open('r-paused', 1);
  expect(open()).toEqual(['r-free', 'r-silent', 'run-free']);
});
