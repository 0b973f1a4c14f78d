import { readFileSync } from 'node:fs';
import { Client } from 'ssh2';
import { sha256 } from '../activities/rollout/identity';
import { Session } from '../activities/rollout/session';
import { automationKey } from '../lab/home';
import type { Lab, LabHost } from '../lab/lab';
import type { Rpm } from '../model/artifact';
import { planSchema } from '../model/plan';
import { requestText } from '../model/request';
import type { ExecOptions, ExecResult } from '../ssh/connection';
import type { Hosts } from '../ssh/hosts';
import { Files } from '../store/files';
import { homeAt } from '../store/home';

/** Where the benchmark lets root in, for the naive loop. */
export const rootPort = 2200;

const keyExchange = { kex: ['curve25519-sha256' as const] };
const plan = planSchema.parse({ package: 'tgbench', hosts: 'all' });

/** One ssh2 connection to a host: no pool, no ramp, and no thought of what comes next. */
function connect(lab: Lab, host: LabHost, username: string): Promise<Client> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client.setNoDelay(true))).once('error', reject);
    client.connect({
      host: host.address,
      port: username === 'root' ? rootPort : host.port,
      username,
      privateKey: readFileSync(automationKey(lab)),
      algorithms: keyExchange,
      hostVerifier: () => true,
    });
  });
}

function exec(
  client: Client,
  command: string,
  { stdin, onStdout }: Pick<ExecOptions, 'stdin' | 'onStdout'> = {},
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const stdout: Buffer[] = [];
      let code: number | null = null;
      channel.on('data', (chunk: Buffer) => {
        stdout.push(chunk);
        onStdout?.(chunk);
      });
      channel.stderr.resume();
      channel.on('exit', (exit: number | null) => {
        code = exit;
      });
      channel.on('close', () => {
        const all = Buffer.concat(stdout);
        resolve({ code, stdout: all, stderr: Buffer.alloc(0), stdoutBytes: all.length, stderrBytes: 0 });
      });
      if (stdin !== undefined && typeof stdin === 'object' && 'pipe' in stdin) stdin.pipe(channel);
      else channel.end(stdin);
    });
  });
}

/** *The same remote steps, account, sudo, waves and window*, without anything that remembers. */
export async function bareLoop(
  lab: Lab,
  waves: readonly LabHost[][],
  rpm: Rpm,
  atOnce: number,
): Promise<void> {
  const request = requestText(
    { install: [rpm], erase: [], oldPackage: false, replacePackages: false, mayBeTurnedDown: true },
    plan,
  );
  const files = new Files(homeAt(lab.home).files);
  for (const wave of waves)
    await eachOf(wave, atOnce, async (host) => {
      const client = await connect(lab, host, 'tidegate');
      const hosts: Hosts = {
        use: (target, work) =>
          work({
            target,
            closed: false,
            close() {},
            exec: (command, options) => exec(client, command, options),
          }),
      };
      const target = { name: host.name, address: host.address, port: host.port, account: 'tidegate' };
      const limits = { silentMs: 60_000, connectTimeoutMs: 10_000 };
      const session = new Session({ hosts, files }, target, {
        rpms: [rpm],
        names: [rpm.name],
        mode: 'keep',
        ...limits,
      });
      const before = await session.answer;
      const answer = await session.begin({
        verb: 'BEGIN',
        operation: sha256(`${host.name} ${rpm.sha256} bare`).slice(0, 32),
        request,
        requestDigest: sha256(request),
        previous: before.head,
        // Newer than the worker that was here before: its epoch is the time of its start.
        epoch: Date.now(),
        waitMs: 60_000,
        connectTimeoutMs: 10_000,
      });
      client.end();
      if (answer.outcome !== 'ok') throw new Error(`${host.name}: ${JSON.stringify(answer).slice(0, 300)}`);
    });
}

/** Root, push, `rpm -U`, `rpm -V`, one connection a host: what a first script would do. */
export async function naiveLoop(
  lab: Lab,
  hosts: readonly LabHost[],
  rpm: Rpm,
  atOnce: number,
): Promise<void> {
  const bytes = readFileSync(new Files(homeAt(lab.home).files).path(rpm.sha256));
  await eachOf(hosts, atOnce, async (host) => {
    const client = await connect(lab, host, 'root');
    await exec(client, 'cat > /var/tmp/naive.rpm', { stdin: bytes });
    const installed = await exec(client, 'rpm -U /var/tmp/naive.rpm');
    const verified = await exec(client, `rpm -V ${rpm.name}`);
    client.end();
    if (installed.code !== 0 || verified.code !== 0)
      throw new Error(`${host.name}: rpm -U ${installed.code}, rpm -V ${verified.code}`);
  });
}

/** One command on each host, one connection a host: the limit of what ssh2 can do here. */
export async function bareCommand(
  lab: Lab,
  hosts: readonly LabHost[],
  command: string,
  atOnce: number,
): Promise<void> {
  await eachOf(hosts, atOnce, async (host) => {
    const client = await connect(lab, host, 'tidegate');
    const { code } = await exec(client, command);
    client.end();
    if (code !== 0) throw new Error(`${host.name}: exit ${code}`);
  });
}

/** One file to each host, straight to its place, one connection a host. */
export async function barePush(
  lab: Lab,
  hosts: readonly LabHost[],
  file: string,
  to: string,
  atOnce: number,
): Promise<void> {
  const bytes = readFileSync(file);
  await eachOf(hosts, atOnce, async (host) => {
    const client = await connect(lab, host, 'tidegate');
    const { code } = await exec(client, `cat > ${to}`, { stdin: bytes });
    client.end();
    if (code !== 0) throw new Error(`${host.name}: exit ${code}`);
  });
}

async function eachOf(
  hosts: readonly LabHost[],
  atOnce: number,
  work: (host: LabHost) => Promise<void>,
): Promise<void> {
  const waiting = hosts.values();
  const worker = async () => {
    for (const host of waiting) await work(host);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
