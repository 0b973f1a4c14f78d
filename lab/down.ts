import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidegateError } from '../model/errors';
import { withLock } from '../store/flock';
import { labsLock } from './cache';
import { labProcesses, labsWithCgroups, removeCgroups } from './cgroups';
import { endGpgAgent } from './home';
import { labExists, labFolder, labHome, labMissing } from './lab';

/** The kernel takes a while to clear away thousands of processes; a process that outlives this is stuck in it. */
const endLimitMs = 30_000;
const lookEveryMs = 20;

/**
 * Takes a lab down: processes, mounts (they are in the hosts' own namespaces), cgroups, files, home included.
 * It works on a lab that came up half-way, and finds processes by their cgroup, not by what was written down.
 * @throws TG_LAB_MISSING when there is nothing of that name
 */
export async function labDown(name: string, options: { locked?: boolean } = {}): Promise<void> {
  if (!labExists(name) && !labsWithCgroups().includes(name)) {
    throw labMissing(name);
  }
  if (options.locked) return takeDown(name);
  return withLock(labsLock(), () => takeDown(name));
}

async function takeDown(name: string): Promise<void> {
  await endProcesses(name);
  if (!labExists(name)) return;
  await endGpgAgent(labHome(name));
  await rm(labFolder(name), { recursive: true, force: true, maxRetries: 3 });
}

/** Until the cgroups can be removed: a shell of an `up` that was killed may still start a host meanwhile. */
async function endProcesses(name: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const alive = labProcesses(name);
    if (alive.length === 0 && (await removeCgroups(name))) return;
    if (waitedMs >= endLimitMs) {
      throw new TidegateError('TG_LAB_BOOT', `processes of lab «${name}» do not end: ${alive.join(' ')}`);
    }
    for (const pid of alive) kill(pid);
    await sleep(lookEveryMs);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
