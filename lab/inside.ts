import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { TidegateError } from '../model/errors';
import { initOf } from './boot';
import type { Lab, LabHost } from './lab';
import { programPath } from './needs';

/**
 * Runs a shell script as root inside a host, from the machine: it needs neither sshd nor network of the host.
 * @param words the script's arguments, `$1` …
 * @returns what it printed
 * @throws TG_LAB_FAULT when the host is down or the script fails
 */
export async function inside(lab: Lab, host: LabHost, script: string, ...words: string[]): Promise<string> {
  const init = initOf(lab, host);
  if (init === undefined) {
    throw new TidegateError('TG_LAB_FAULT', {
      detail: `${host.name} is down`,
      hosts: [host.name],
      next: `tidegate lab mend ${host.name}`,
    });
  }
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--root', '--wd'];
  const child = spawn(
    'nsenter',
    ['--target', String(init), ...namespaces, 'sh', '-eu', '-s', '--', ...words],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: programPath, LC_ALL: 'C.UTF-8', HOME: '/root' },
    },
  );
  child.stdin.end(script);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  if (code !== 0) {
    throw new TidegateError('TG_LAB_FAULT', {
      detail: `${host.name}: the script ended with ${code}: ${stderr.trim()}`,
      hosts: [host.name],
    });
  }
  return stdout;
}
