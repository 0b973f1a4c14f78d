import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { labsWithCgroups } from '../../lab/cgroups';
import { labDown } from '../../lab/down';
import { automationKey, knownHosts } from '../../lab/home';
import { hostOf, type Lab, listLabs } from '../../lab/lab';
import { labUp } from '../../lab/up';
import { quote } from '../../ssh/quote';

/** ssh gives up on a host that does not answer, so that a test of a silent host ends. */
const answerLimitSeconds = 10;
let made = 0;

/**
 * Brings up a lab for the tests of one file; take it down with `afterAll(() => labDown(lab.name))`.
 * Labs of test runs that were killed are taken down first.
 */
export async function sharedLab(size: { hosts: number; domains: number; full?: number }): Promise<Lab> {
  const names = new Set([...listLabs().map(({ name }) => name), ...labsWithCgroups()]);
  for (const name of [...names].filter(isAbandoned)) await labDown(name);
  made += 1;
  return labUp({ name: `test-${process.pid}-${made}`, ...size });
}

export interface Answer {
  /** Exit status of the command; 255 when ssh itself failed. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Asks a host as root over plain OpenSSH: what the product says of itself is not believed. */
export function asRoot(lab: Lab, host: string, command: string, stdin?: Buffer): Promise<Answer> {
  const { address, port } = hostOf(lab, host);
  const options = [
    ...['-F', 'none', '-o', 'BatchMode=yes', '-o', `ConnectTimeout=${answerLimitSeconds}`],
    ...['-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${knownHosts(lab)}`],
    ...['-o', 'GlobalKnownHostsFile=none', '-o', 'IdentitiesOnly=yes', '-i', automationKey(lab)],
  ];
  const words = [...options, '-p', String(port), `tidegate@${address}`, `sudo -n sh -c ${quote(command)}`];
  return new Promise((resolve) => {
    const ssh = execFile('ssh', words, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 255), stdout, stderr });
    });
    // A host that goes away before it has read all closes the pipe; its answer says so.
    ssh.stdin?.on('error', () => undefined).end(stdin);
  });
}

/** One transaction that the host's rpm was asked for, as the lab's witness wrote it down. */
export interface RpmCall {
  readonly words: readonly string[];
  readonly beganNs: bigint;
  /** Absent while it runs, and when rpm's caller was killed with it. */
  readonly endedNs?: bigint;
  readonly code?: number;
}

/** @returns every transaction of the host's rpm, in the order in which they began. */
export async function rpmCalls(lab: Lab, host: string): Promise<RpmCall[]> {
  const { stdout } = await asRoot(lab, host, 'cat /var/log/rpm-calls.log 2>/dev/null || true');
  const lines = stdout.split('\n').map((line) => line.split('\t'));
  const ends = lines.filter(([what]) => what === 'end');
  return lines
    .filter(([what]) => what === 'begin')
    .map(([, ns, call, ...words]) => {
      const end = ends.find(([, endNs, endCall]) => endCall === call && BigInt(endNs!) >= BigInt(ns!));
      const beganNs = BigInt(ns!);
      return end ? { words, beganNs, endedNs: BigInt(end[1]!), code: Number(end[3]) } : { words, beganNs };
    });
}

/** Also one that was killed half-way, of which nothing was written down yet. */
function isAbandoned(name: string): boolean {
  const pid = /^test-(\d+)-/.exec(name)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}
