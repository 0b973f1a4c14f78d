import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { ask } from '../lab/demo/ask';
import { labDown } from '../lab/down';
import type { Lab, LabHost } from '../lab/lab';
import { printProgress } from '../lab/progress';
import { labUp } from '../lab/up';
import { homeAt } from '../store/home';
import { startServer } from '../workers/temporal/server';
import { Account } from './account';
import { rootPort } from './bare';
import { TidegateSide } from './tidegate-side';

/** What every part of the benchmark is given. */
export interface Bench {
  readonly lab: Lab;
  /** The hosts that are worked on: all but the control instance. */
  readonly web: readonly LabHost[];
  readonly tidegate: TidegateSide;
}

/** A lab with a server for the time of `work`; whatever happens, Ctrl-C included, nothing of it is left. */
export async function withBench<T>(hosts: number, work: (bench: Bench) => Promise<T>): Promise<T> {
  const name = `bench-${randomBytes(3).toString('hex')}`;
  const onProgress = printProgress((line) => process.stderr.write(line));
  const stopped = interrupted();
  // One domain with every core: a quota would favour whoever takes the hosts in another order.
  const lab = await labUp({ name, hosts, domains: 1, python: true, onProgress });
  try {
    return await Promise.race([stopped, withServer(lab, work)]);
  } finally {
    await Account.endAll();
    await labDown(name);
  }
}

async function withServer<T>(lab: Lab, work: (bench: Bench) => Promise<T>): Promise<T> {
  const home = homeAt(lab.home);
  mkdirSync(home.state, { recursive: true, mode: 0o700 });
  await letRootIn(lab);
  const tidegate = new TidegateSide(lab, new Account());
  const server = await startServer(home);
  tidegate.account.add(server.pid);
  try {
    return await work({ lab, web: lab.hosts.filter(({ role }) => role === 'web'), tidegate });
  } finally {
    await tidegate.stopWorker();
    await server.stop();
  }
}

/** Rejects when a person, or whoever limits our time, ends the benchmark: the lab outlives its processes. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
  });
}

/** The naive loop logs in as root, which the lab's sshd refuses: a second one, on a port of its own, lets it. */
async function letRootIn(lab: Lab): Promise<void> {
  const options = ['PermitRootLogin=prohibit-password', 'UsePAM=no', 'PidFile=none', 'StrictModes=no'];
  const words = [...options, 'HostKey=/etc/ssh/ssh_host_ed25519_key']
    .map((option) => `-o ${option}`)
    .join(' ');
  const keys =
    'mkdir -p -m 700 /root/.ssh; cat /home/tidegate/.ssh/authorized_keys >/root/.ssh/authorized_keys';
  // The third word of SSH_CONNECTION is the address that was connected to.
  const listen = `/usr/sbin/sshd -f /dev/null ${words} -o ListenAddress=$3:${rootPort}`;
  await ask(lab, lab.hosts, `set -- $SSH_CONNECTION; sudo sh -c "${keys}; ${listen}"`);
}
