import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { SimulatedReach } from '../../lab/simulation/reach';
import { Files } from '../../store/files';
import { type Home, homeAt } from '../../store/home';
import { connectTemporal } from '../../workers/temporal/connection';
import { startServer } from '../../workers/temporal/server';
import { rolloutWorkflowId } from '../../workflows/contract/rollout';
import { taskQueue } from '../../workflows/contract/server';
import { compare } from './compare';
import { disturb } from './disturb';
import { fleetName, makeFleet, packageName } from './fleet';
import { remembered } from './histories';
import { cpuSeconds, peakMiB, startSimulation, startWorker } from './processes';
import type { Disturbed, Measured } from './results';
import type { Setting } from './setting';

/** Hosts of a domain; caps do not bind, so that what is measured is Tidegate and not a wait. */
const hostsADomain = 100;
const atOnce = 400;
/** A small part of the hosts fails, hangs back, is lost or cannot be reached: what a real fleet of that size does. */
const simulated = {
  seed: 1,
  lastsMs: 20,
  stalls: 0.002,
  stallMs: 1_500,
  rates: { fails: 0.002, unreachable: 0.001, lost: 0.001, cut: 0.002, late: 0.001 },
};
const plan = {
  package: packageName,
  hosts: 'role=web',
  waves: ['1%', '10%', '100%'],
  soak: 0,
  caps: { perDomain: '100%', perDomainMost: atOnce, total: atOnce, startsPerSecond: 100_000 },
  budget: { stopAt: '50%', firstWaveStopAt: 100_000 },
  unreachable: { tries: 2, within: '2s' },
};

/**
 * Operations last so long, divided by the hosts, that a rollout to 1,000 is not over before a command line has started:
 * 400 at once then begin some 80 a second.
 */
const disturbedMs = 5_000_000;

/**
 * One rollout to `hosts` simulated hosts: Temporal server, worker, gate, ledger, store and plan are real.
 * @param given.disturbed - it is paused and resumed on the way, and its worker is killed at half way.
 * @param given.workerFlags - for the worker's Node, such as --cpu-prof.
 */
export async function measure(
  hosts: number,
  given: { disturbed: boolean; workerFlags: readonly string[] },
): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-scale-'));
  const ends: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  try {
    const home = homeAt(join(folder, 'home'));
    const domains = Math.ceil(hosts / hostsADomain);
    const headers = await makeFleet(home, hosts, domains);
    const socket = join(folder, 'hosts');
    const lastsMs = given.disturbed ? Math.max(simulated.lastsMs, disturbedMs / hosts) : simulated.lastsMs;
    const simulation = await startSimulation({ ...simulated, lastsMs, socket, domains, headers });
    ends.unshift(() => simulation.end('SIGKILL'));
    const server = await startServer(home);
    ends.unshift(() => server.stop());
    const reach = await SimulatedReach.connect(socket);
    ends.unshift(() => reach.closeAll());
    const start = () => startWorker(home.folder, socket, given.workerFlags);
    const setting: Setting = {
      home,
      hosts,
      reach,
      worker: await start(),
      async startWorker() {
        this.worker = await start();
      },
    };
    ends.unshift(() => setting.worker.end('SIGTERM'));
    const { client, connection } = await connectTemporal(home);
    ends.unshift(() => connection.close());
    return await carryOut(setting, client, server.pid, given.disturbed);
  } finally {
    for (const end of ends) await end();
  }
}

async function carryOut(
  setting: Setting,
  client: Client,
  serverPid: number,
  isDisturbed: boolean,
): Promise<Measured> {
  const { home, hosts, reach } = setting;
  const planned = await timed(() => makePlan(client, home));
  const before = cpuSeconds([setting.worker.pid, serverPid]);
  const rollout = `r-${randomBytes(16).toString('hex')}`;
  let disturbed: Disturbed | undefined;
  const run = await timed(async () => {
    const handle = await startRollout(client, rollout, planned.result);
    if (isDisturbed) disturbed = await disturb(setting, rollout);
    return handle.result();
  });
  const cpu = cpuSeconds([setting.worker.pid, serverPid]) + (disturbed?.killed.cpuSeconds ?? 0) - before;
  const { counts, disagreements } = await compare(home, rollout, (await reach.report('hosts')).hosts);
  return {
    hosts,
    planSeconds: planned.seconds,
    rolloutSeconds: run.seconds,
    cpuSeconds: cpu,
    workerPeakMiB: Math.max(setting.worker.peakMiB(), disturbed?.killed.peakMiB ?? 0),
    serverPeakMiB: peakMiB(serverPid),
    counts,
    disagreements,
    ...(await remembered(client, ['rollout', 'wave'])),
    disturbed,
  };
}

async function makePlan(client: Client, home: Home): Promise<string> {
  const planFile = await new Files(home.files).put(JSON.stringify(plan));
  const { plan: digest } = await client.workflow.execute('planRollout', {
    taskQueue: taskQueue(fleetName),
    workflowId: 'plan/scale',
    args: [{ fleet: fleetName, planFile, planPath: 'scale' }],
  });
  return digest;
}

function startRollout(client: Client, rollout: string, digest: string) {
  const actor = { name: 'bench', proof: 'claimed' };
  return client.workflow.start('rollout', {
    taskQueue: taskQueue(fleetName),
    workflowId: rolloutWorkflowId(fleetName, packageName),
    memo: { rollout },
    args: [{ fleet: fleetName, rollout, plan: digest, actor, verb: 'start' }],
  });
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const begunMs = performance.now();
  const result = await work();
  return { seconds: (performance.now() - begunMs) / 1000, result };
}
