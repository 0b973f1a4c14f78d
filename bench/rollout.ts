import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Client } from '@temporalio/client';
import { Option, program } from 'commander';
import { labDown } from '../lab/down';
import type { Lab, LabHost } from '../lab/lab';
import { printProgress } from '../lab/progress';
import { labUp } from '../lab/up';
import { ask } from '../lab/demo/ask';
import type { Rpm } from '../model/artifact';
import { wavesOf } from '../model/waves';
import { Files } from '../store/files';
import { homeAt } from '../store/home';
import { connectTemporal } from '../workers/temporal/connection';
import { startServer } from '../workers/temporal/server';
import { rolloutWorkflowId, taskQueue } from '../workflows/contract';
import { bareLoop, naiveLoop, rootPort } from './bare';
import { benchPackage } from './lab-package';
import { startWorker } from './worker-process';

const waves = ['1%', '10%', '100%'];
/** Hosts at once, for every contender: what 2 cores can use. */
const atOnce = 50;
const rounds = 3;
/** Wall time against *the same remote steps* run bare, and against the naive loop (issue 3). */
const limits = { bare: 1.6, naive: 2.5 };

/** Three contenders in turn, three times, on one lab; medians and their ratios. */
async function main(): Promise<void> {
  program.addOption(new Option('--hosts <number>').default(200).argParser(Number)).parse();
  const { hosts } = program.opts<{ hosts: number }>();
  const name = `bench-${randomBytes(3).toString('hex')}`;
  const lab = await labUp({
    name,
    hosts,
    // One domain with every core: a quota would favour whoever takes the hosts in another order.
    domains: 1,
    onProgress: printProgress((line) => process.stderr.write(line)),
  });
  try {
    const web = lab.hosts.filter(({ role }) => role === 'web');
    const times = await measure(lab, web);
    report(hosts, times);
  } finally {
    await labDown(name);
  }
}

async function measure(lab: Lab, web: LabHost[]): Promise<Record<'tidegate' | 'bare' | 'naive', number[]>> {
  const home = homeAt(lab.home);
  mkdirSync(home.state, { recursive: true, mode: 0o700 });
  await letRootIn(lab);
  let version = 0;
  const next = () => benchPackage(lab, String(++version));
  let last = await next();
  await naiveLoop(lab, lab.hosts, last, atOnce);
  const server = await startServer(home);
  const times = { tidegate: [] as number[], bare: [] as number[], naive: [] as number[] };
  const inWaves = wavesOf(waves, web.length).map(({ from, to }) => web.slice(from, to));
  try {
    for (let round = 0; round < rounds; round += 1) {
      const [first, second, third] = [await next(), await next(), await next()];
      times.naive.push(await timed(() => naiveLoop(lab, web, first!, atOnce)));
      times.tidegate.push(await tidegate(lab, second!));
      // The bare loop's operations are not the ledger's: the hosts' chains are put back for the next round.
      const save = 'sudo cp /var/lib/tidegate/head /var/lib/tidegate/head.kept';
      await ask(lab, web, save);
      times.bare.push(await timed(() => bareLoop(lab, inWaves, third!, atOnce)));
      await ask(
        lab,
        web,
        'sudo sh -c "mv /var/lib/tidegate/head.kept /var/lib/tidegate/head; rm /var/lib/tidegate/epoch"',
      );
      last = third!;
      process.stderr.write(
        `round ${round + 1} of ${rounds}: naive ${seconds(times.naive.at(-1)!)}, tidegate ${seconds(times.tidegate.at(-1)!)}, bare ${seconds(times.bare.at(-1)!)}\n`,
      );
    }
  } finally {
    await server.stop();
  }
  return times;
}

/** The naive loop logs in as root, which the lab's sshd refuses: a second one, on a port of its own, lets it. */
async function letRootIn(lab: Lab): Promise<void> {
  const options = ['PermitRootLogin=prohibit-password', 'UsePAM=no', 'PidFile=none', 'StrictModes=no'];
  const words = [...options, 'HostKey=/etc/ssh/ssh_host_ed25519_key']
    .map((option) => `-o ${option}`)
    .join(' ');
  const keys =
    'mkdir -p -m 700 /root/.ssh; cat /home/tidegate/.ssh/authorized_keys >/root/.ssh/authorized_keys';
  for (const host of lab.hosts)
    await ask(
      lab,
      [host],
      `sudo sh -c "${keys}; /usr/sbin/sshd -f /dev/null ${words} -o ListenAddress=${host.address}:${rootPort}"`,
    );
}

/** A rollout with waves, a budget and caps that do not bind, and no soak; its plan is made before. */
async function tidegate(lab: Lab, rpm: Rpm): Promise<number> {
  const text = JSON.stringify({
    package: rpm.name,
    hosts: 'role=web',
    artifact: `${rpm.version}-${rpm.release}`,
    waves,
    soak: 0,
    caps: { perDomain: atOnce, perDomainMost: atOnce, total: atOnce, startsPerSecond: 10_000 },
    budget: { stopAt: '100%', firstWaveStopAt: 1_000 },
  });
  const planFile = await new Files(homeAt(lab.home).files).put(text);
  const { plan } = await withWorker(lab, (client, queue) =>
    client.workflow.execute('planRollout', {
      ...queue,
      workflowId: `plan/${randomBytes(8).toString('hex')}`,
      args: [{ fleet: lab.name, planFile, planPath: 'bench' }],
    }),
  );
  // Another worker, without the connections that the plan has opened: the other contenders have none either.
  return withWorker(lab, (client, queue) =>
    timed(async () => {
      const { result } = await client.workflow.execute('rollout', {
        ...queue,
        workflowId: rolloutWorkflowId(lab.name, rpm.name),
        args: [
          {
            fleet: lab.name,
            rollout: `r-${randomBytes(16).toString('hex')}`,
            plan,
            actor: { name: 'bench', proof: 'claimed' },
            verb: 'start',
          },
        ],
      });
      if (result !== 'done') throw new Error(`the rollout ended ${result}`);
    }),
  );
}

async function withWorker<T>(
  lab: Lab,
  work: (client: Client, queue: { taskQueue: string }) => Promise<T>,
): Promise<T> {
  const worker = await startWorker(lab.home);
  const { client, connection } = await connectTemporal(homeAt(lab.home));
  try {
    return await work(client, { taskQueue: taskQueue(lab.name) });
  } finally {
    await connection.close();
    await worker.stop();
  }
}

function report(hosts: number, times: Record<'tidegate' | 'bare' | 'naive', number[]>): void {
  const [ours, bare, naive] = [median(times.tidegate), median(times.bare), median(times.naive)];
  const line = (what: string, ratio: number, limit: number) =>
    `${what}: ${ratio.toFixed(2)} (limit ${limit}) ${ratio <= limit ? 'met' : 'MISSED'}`;
  process.stdout.write(`${hosts} hosts, waves ${waves.join(', ')}, ${atOnce} at once, medians of ${rounds}; Node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB
tidegate                       ${seconds(ours)}   (server and worker running; rehearsal on the control instance included)
the same remote steps, bare    ${seconds(bare)}
naive loop                     ${seconds(naive)}
${line('tidegate / bare', ours / bare, limits.bare)}
${line('tidegate / naive', ours / naive, limits.naive)}
budget and caps: stopAt 100 %, ${atOnce} a domain: they do not bind
`);
  if (ours / bare > limits.bare || ours / naive > limits.naive) process.exitCode = 3;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begunMs = performance.now();
  await work();
  return performance.now() - begunMs;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

void main();
