import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Disturbed } from './results';
import type { Setting } from './setting';

const cli = join(__dirname, '../../clients/cli.js');
const askAgainMs = 20;
/** For so long a paused rollout is looked at: nothing may begin. */
const pausedMs = 3_000;

/** Pauses the rollout at a quarter of its hosts, lets it go on, and kills its worker at the half. */
export async function disturb(setting: Setting, rollout: string): Promise<Disturbed> {
  await begun(setting, setting.hosts / 4);
  const pause = await pauseFor(setting, rollout);
  const atHalf = async () => {
    await begun(setting, setting.hosts / 2);
    return killWorker(setting);
  };
  const [killed] = await Promise.all([atHalf(), tidegate(setting, 'resume', rollout, '--yes')]);
  return { pause, killed };
}

async function pauseFor(setting: Setting, rollout: string): Promise<Disturbed['pause']> {
  const { reach } = setting;
  const begunAt = Date.now();
  await tidegate(setting, 'pause', rollout);
  const commandSeconds = (Date.now() - begunAt) / 1000;
  const returned = await reach.report('sums');
  await sleep(pausedMs);
  const later = await reach.report('sums');
  return {
    effectSeconds: Math.max(0, later.lastBegunAt - begunAt) / 1000,
    commandSeconds,
    begunAfter: later.begun - returned.begun,
  };
}

async function tidegate({ home }: Setting, ...words: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [cli, 'rollout', ...words, '--home', home.folder]);
}

async function killWorker(setting: Setting): Promise<Disturbed['killed']> {
  const { worker, reach } = setting;
  const known = { peakMiB: worker.peakMiB(), cpuSeconds: worker.cpuSeconds() };
  await worker.end('SIGKILL');
  const killedAt = Date.now();
  const { begun: atHosts } = await reach.report('sums');
  await setting.startWorker();
  await begun(setting, atHosts + 1);
  return { ...known, atHosts, recoverySeconds: (Date.now() - killedAt) / 1000 };
}

async function begun({ reach }: Setting, hosts: number): Promise<void> {
  while ((await reach.report('sums')).begun < hosts) await sleep(askAgainMs);
}
