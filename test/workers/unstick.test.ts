import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { quietRuntime } from '../../workers/run';
import { unstick } from '../../workers/unstick';
import { until } from '../support/rollouts';
import { startTestTemporal, type TestTemporal } from '../support/temporal';

quietRuntime(() => {});

const taskQueue = 'unstuck';
/** temporal.api.enums.v1.TaskQueueKind */
const [normal, sticky] = [1, 2];
let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await startTestTemporal();
});
afterAll(() => temporal.stop());

test("what is next for a workflow is any worker's, and does not wait for the one that had it last", async () => {
  const { client, namespace } = temporal;
  const connection = await NativeConnection.connect({ address: temporal.server.address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: require.resolve('../support/asked-rollout'),
      logger: new DefaultLogger('WARN'),
    }),
  });
  const handle = await client.workflow.start('rollout', {
    workflowId: 'stuck',
    taskQueue,
    args: [{ rollout: 'r-stuck' }],
  });
  /** To which kind of queue each task of the workflow was given. */
  const kinds = async () => {
    const { events } = await handle.fetchHistory();
    return (events ?? []).flatMap(
      ({ workflowTaskScheduledEventAttributes: task }) => task?.taskQueue?.kind ?? [],
    );
  };
  const asked = async (count: number) => {
    await handle.signal('silence');
    await until(async () => (await kinds()).length === count);
  };
  await worker.runUntil(async () => {
    await until(async () => (await client.workflow.count("ExecutionStatus = 'Running'")).count === 1);
    await asked(2);
    await asked(3);
    await unstick(client, taskQueue);
    await asked(4);
  });
  await connection.close();
  expect((await kinds()).slice(-3)).toEqual([sticky, sticky, normal]);
});
