import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { kill } from './child';
import { until } from './rollouts';

/** The command line as it is shipped: `npm test` builds it first. */
export const cli = join(__dirname, '../../dist/clients/cli.js');

/** `tidegate worker` in a process of its own. */
export interface ShippedWorker {
  readonly pid: number;
  /** Everything that it has printed. */
  said(): string;
  says(wanted: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
  /** Resolves with the exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Asks it to stop. @returns the exit code. */
  stop(): Promise<number | null>;
}

/** @param environment - beside that of the tests. */
export function startShippedWorker(
  homeFolder: string,
  options: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): ShippedWorker {
  const child = spawn(process.execPath, [cli, 'worker', ...options], {
    cwd: homeFolder,
    env: { ...process.env, ...environment },
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  return {
    pid: child.pid!,
    said: () => said,
    says: (wanted) => until(() => wanted.test(said)),
    signal: (name) => child.kill(name),
    kill: () => kill(child),
    ended,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
