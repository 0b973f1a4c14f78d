import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Simulation } from '../../lab/simulation/protocol';

/** 100 on every machine that we run on. */
const ticksPerSecond = 100;

/** A process of the measurement, while it runs. */
export interface Part {
  readonly pid: number;
  /** CPU that it has used so far. */
  cpuSeconds(): number;
  /** The most memory that it ever had, as the kernel counts it (proc_pid_status(5), VmHWM). */
  peakMiB(): number;
  /** Asks it to end, or ends it, and waits until it has. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** @param flags - for Node, such as --cpu-prof. */
export const startWorker = (home: string, socket: string, flags: readonly string[]) =>
  start([...flags, join(__dirname, 'worker-main.js'), home, socket]);

export const startSimulation = (given: Simulation) =>
  start([join(__dirname, '../../lab/simulation/serve.js'), JSON.stringify(given)]);

export const peakMiB = (pid: number) =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** CPU that living processes have used so far (proc_pid_stat(5)). */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return user! + system!;
  });
  return ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond;
}

/** Starts a Node process that says `ready`. */
async function start(words: readonly string[]): Promise<Part> {
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout!, 'data'),
    ended.then(() => Promise.reject(new Error(`${words.join(' ').slice(0, 200)} ended`))),
  ]);
  child.stdout!.resume();
  const pid = child.pid!;
  return {
    pid,
    cpuSeconds: () => cpuSeconds([pid]),
    peakMiB: () => peakMiB(pid),
    async end(signal) {
      if (isAlive(child)) child.kill(signal);
      await ended;
    },
  };
}

const isAlive = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;
