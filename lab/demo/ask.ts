import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { automationKey, knownHosts } from '../home';
import type { Lab, LabHost } from '../lab';

/** Hosts asked at once over plain OpenSSH. */
const askedAtOnce = 16;

/** Runs a command on hosts over plain OpenSSH, so that nothing of ours is believed. @returns host → what it said. */
export async function ask(
  lab: Lab,
  hosts: readonly LabHost[],
  command: string,
): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  const waiting = hosts.values();
  const worker = async () => {
    for (const host of waiting) answers.set(host.name, await askOne(lab, host, command));
  };
  await Promise.all(Array.from({ length: askedAtOnce }, worker));
  return answers;
}

async function askOne(lab: Lab, host: LabHost, command: string): Promise<string> {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', `UserKnownHostsFile=${knownHosts(lab)}`];
  const words = ['-F', 'none', '-i', automationKey(lab), '-p', String(host.port)];
  for (const option of options) words.push('-o', option);
  const child = spawn('ssh', [...words, `tidegate@${host.address}`, command], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  await once(child, 'close');
  return output.trim();
}

/** Answers and how many hosts gave each: `6.0-28.1 × 60`. */
export function tally(answers: ReadonlyMap<string, string>): string {
  const counts = new Map<string, number>();
  for (const answer of answers.values()) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].map(([answer, count]) => `${answer || 'no answer'} × ${count}`).join(', ');
}
