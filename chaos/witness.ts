import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inside } from '../lab/inside';
import type { Lab, LabHost } from '../lab/lab';
import { sourceFolder } from './source-folder';

/** Where rpm's witnesses write, below a host's root. */
export const witnessLog = 'srv/rpm-calls.log';

/** Puts the witness where the product finds rpm first (PATH of ops/home.sh). */
export async function placeWitness(lab: Lab, host: LabHost): Promise<void> {
  const text = readFileSync(join(sourceFolder, 'witness.sh'), 'utf8');
  await inside(lab, host, 'printf %s "$1" >/usr/sbin/rpm; chmod 755 /usr/sbin/rpm', text);
}
