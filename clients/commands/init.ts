import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeHome } from '../../fleet/new-home';
import { chooseHomeFolder, homeAt } from '../../store/home';
import { quietRuntime } from '../../workers/run';
import { whileRunning } from '../../workers/while-running';
import type { Invocation, Outcome } from '../verb';
import { counted } from '../view/sums';
import { run as checkHosts } from './hosts/check';

type Options = {
  readonly inventory: string;
  readonly fleet: string;
  readonly account: string;
  readonly key?: string;
  readonly knownHosts?: string;
};

/** Makes a home from an inventory, then asks every host what would go wrong; nothing on a host is changed. */
export async function run(invocation: Invocation<Options>): Promise<Outcome> {
  const { options, output } = invocation;
  const home = homeAt(chooseHomeFolder(options.home));
  const fleet = await makeHome(home, {
    fleet: options.fleet,
    inventory: resolve(options.inventory),
    account: options.account,
    key: keyOf(options.key),
    knownHosts: knownHostsFiles(options.knownHosts),
  });
  output.note(
    `made ${home.fleetFile}: ${counted(fleet.hosts.length, 'host')}. Read its comments; nothing is installed anywhere.`,
  );
  quietRuntime(output.note);
  const inHome = { ...invocation, arguments: [], options: { ...options, home: home.folder } };
  const { json, text, exit } = await whileRunning(home, output.note, () => checkHosts(inHome));
  return {
    json: { home: home.folder, check: json },
    text: `${text}\nNext: tidegate up --home ${home.folder}      (server and worker, in a terminal of their own)`,
    exit,
  };
}

/** A key of one's own, the agent, or where the home would keep one. */
function keyOf(given: string | undefined): string {
  if (given === undefined) return join('keys', 'automation');
  return given === 'agent' ? given : resolve(given);
}

/** What was named, else what OpenSSH itself would read. */
function knownHostsFiles(given: string | undefined): string[] {
  if (given !== undefined) return [resolve(given)];
  return [join(homedir(), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'].filter((path) =>
    existsSync(path),
  );
}
