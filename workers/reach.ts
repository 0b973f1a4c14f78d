import { resolve } from 'node:path';
import type { ReadFleetFile } from '../fleet/load';
import type { Hosts } from '../ssh/hosts';
import { KnownHosts } from '../ssh/known-hosts';
import { Pool } from '../ssh/pool';
import { agentKey, loadPrivateKey } from '../ssh/private-key';

/** How a worker reaches the hosts of its fleet. No setting chooses it: measurements start a worker of their own. */
export type Reach = (fleet: ReadFleetFile) => Promise<ReachedHosts>;

interface ReachedHosts extends Hosts {
  closeAll(): Promise<void>;
}

/** Over SSH, with the automation account's key. @throws TG_KEY_FILE_OPEN, and what else `loadPrivateKey` throws. */
export const overSsh: Reach = async ({ file, folder }) => {
  const at = (path: string) => resolve(folder, path);
  const key = file.key === 'agent' ? await agentKey() : await loadPrivateKey(at(file.key));
  return new Pool({ key, knownHosts: new KnownHosts(file.knownHosts.map(at)) });
};
