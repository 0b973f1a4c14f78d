import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../../workers/bundle';

const folder = join(__dirname, '../histories');

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

// Saved by TIDEGATE_SAVE_HISTORIES=1 npx jest test/workflows/rollout: rollouts that are under way when the worker is
// replaced by a newer one go on only if the newer one decides as these did.
test.each(readdirSync(folder))('today’s workflows decide as those did that wrote %s', async (file) => {
  const history = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: { codePath: await workflowBundle() } }, history);
});
