import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../../workers/bundle';

const folder = join(__dirname, '../histories');

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

// How they are saved, and for how long they stay: docs/workflows.md. What is under way when the worker is replaced by a
// newer one goes on only if the newer one decides as these did.
const histories = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
);

test('there are histories of every workflow that is long or waits', () => {
  const types = new Set(
    histories.map((file) => typeOf(JSON.parse(readFileSync(join(folder, file), 'utf8')))),
  );
  const short = ['build', 'checkHosts', 'checkRollout', 'importArtifacts', 'pinRecipe', 'planRollout'];
  expect(types).toEqual(new Set([...short, 'owed', 'release', 'rollout', 'wave']));
});

test.each(histories)('today’s workflows decide as those did that wrote %s', async (file) => {
  const history = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: { codePath: await workflowBundle() } }, history);
});

function typeOf(history: {
  events: { workflowExecutionStartedEventAttributes?: { workflowType: { name: string } } }[];
}): string | undefined {
  return history.events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name;
}
