import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loadFleet } from '../fleet/load';
import { homeAt } from '../store/home';
import type { Lab } from './lab';

/** Signs an RPM, in place, with the key that the hosts of the lab trust for what is built for them. */
export async function signWithLabKey(lab: Lab, path: string): Promise<void> {
  const { file, folder } = await loadFleet(homeAt(lab.home).fleetFile);
  if (!file.signing) throw new Error('the lab has no signing key');
  const gnupg = join(folder, file.signing.gnupgHome);
  const defines = ['__gpg /usr/bin/gpg', `_gpg_path ${gnupg}`, `_gpg_name ${file.signing.key}`];
  execFileSync('rpmsign', [...defines.flatMap((define) => ['--define', define]), '--addsign', path], {
    stdio: 'ignore',
  });
  execFileSync('gpgconf', ['--homedir', gnupg, '--kill', 'gpg-agent']);
}
