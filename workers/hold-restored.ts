import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Actor } from '../model/actor';
import type { Home } from '../store/home';
import { type Asked, rolloutSignals } from '../workflows/contract/rollout';
import { runWorkflowId } from '../workflows/contract/run';
import { taskQueue } from '../workflows/contract/server';
import type { SecuredWorker } from './activities';

/** In the state from a restore until a worker has held what came back with it. */
export const restoredFile = 'restored.json';

const actor: Actor = {
  name: 'tidegate restore',
  proof: 'claimed',
  reason: 'the state was restored from a backup: look at the hosts first',
};

/**
 * After a restore nothing goes on by itself: rollouts are paused until a person resumes them, owed hosts are no longer
 * looked for, and a run is ended, in the record first, since which commands it has sent meanwhile is not known. No
 * activity is served yet, and signals are kept, so that it holds whatever dies now.
 */
export async function holdRestored(
  home: Home,
  client: Client,
  fleet: string,
  { gate, books, closeRun }: Pick<SecuredWorker, 'gate' | 'books' | 'closeRun'>,
  say: (line: string) => void,
): Promise<void> {
  const marker = join(home.state, restoredFile);
  if (!existsSync(marker)) return;
  for (const { rollout } of await books.starts())
    if (!(await books.open(rollout)).record.ended) await gate.close(rollout);
  const running = client.workflow.list({
    query: `ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue(fleet)}'`,
  });
  for await (const { workflowId, type } of running) {
    const handle = client.workflow.getHandle(workflowId);
    const asked: Asked = { actor };
    if (type === 'rollout') await handle.signal(rolloutSignals.pause, asked);
    else if (type === 'owed') await handle.signal(rolloutSignals.abort, asked);
    else if (type === 'run') {
      await closeRun(
        workflowId.slice(runWorkflowId(fleet, '').length),
        'the state was restored from a backup',
      );
      await handle.terminate(actor.reason);
    } else continue;
    say(
      `restored from a backup: ${workflowId} is ${type === 'rollout' ? 'paused until a person resumes it' : 'ended'}`,
    );
  }
  await rm(marker);
}
