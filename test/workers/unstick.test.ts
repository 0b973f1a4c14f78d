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
  /** @returns to which kind of queue the task was given that a signal makes; it is over by then. */
  const asked = async () => {
    const before = (await kinds()).length;
    await handle.signal('silence');
    await until(async () => {
      const { events } = await handle.fetchHistory();
      const over = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes).length;
      return over > before && over === (await kinds()).length;
    });
    return (await kinds())[before];
  };
  await worker.runUntil(async () => {
    await until(async () => (await client.workflow.count("ExecutionStatus = 'Running'")).count === 1);
    await asked();
    expect(await asked()).toBe(sticky);
    await unstick(client, taskQueue);
    expect(await asked()).toBe(normal);
  });
  await connection.close();
});
