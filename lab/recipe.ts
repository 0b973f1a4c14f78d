import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { TidegateError } from '../model/errors';
import { proxyEnvironment } from './apt';
import { imageFile } from './image-files';
import { programPath } from './needs';

/**
 * Runs a shell script of lab/image in mount and PID namespaces of its own, tied to our life: whatever it mounts
 * or starts goes with it, also when this process is killed.
 * @param log path of a file for what it prints
 * @throws TG_LAB_IMAGE with the last lines of the log
 */
export async function runRecipe(
  log: string,
  script: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const output = await open(log, 'w');
  try {
    const child = spawn('setpriv', [...inNamespaces, 'sh', imageFile(script), ...words], {
      stdio: ['ignore', output.fd, output.fd],
      env: { ...process.env, PATH: programPath, ...proxyEnvironment(), ...environment },
    });
    const [code] = await once(child, 'exit');
    if (code === 0) return;
  } finally {
    await output.close();
  }
  const said = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-3).join(' | ');
  throw new TidegateError('TG_LAB_IMAGE', { detail: `${script} failed: ${said}`, next: `less ${log}` });
}

const inNamespaces = [
  ...['--pdeathsig', 'KILL'],
  ...['unshare', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child'],
];
