import { accessSync, constants } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { TidegateError } from '../model/errors';
import { addressesOfBlock } from './addresses';

/** Where a lab's programs are found, whatever the caller's PATH: some are root's. */
export const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Program → Debian's package. What every Debian has (mount, chroot, nsenter …) is not here. */
const programs: Readonly<Record<string, string>> = {
  debootstrap: 'debootstrap',
  rpmsign: 'rpm',
  gpg: 'gnupg',
  'apt-config': 'apt',
};

/** Measured: 3 GB for 1,000 hosts. */
const bytesPerHost = 3e6;

/** @throws TG_LAB_NEEDS with all that is missing, before anything is made */
export function checkNeeds(hosts: number): void {
  if (process.getuid?.() !== 0) {
    throw new TidegateError('TG_LAB_NEEDS', {
      detail: 'a lab needs root: it makes overlays, namespaces and cgroups',
      next: 'the same command as root',
    });
  }
  const most = Math.min(addressesOfBlock - 1, Math.floor(freemem() / bytesPerHost));
  if (hosts > most)
    throw new TidegateError('TG_LAB_NEEDS', {
      detail: `${hosts} hosts: this machine has addresses and free memory for ${most}, at 3 MB a host`,
      next: `--hosts ${most} at most`,
    });
  const missing = Object.entries(programs).filter(([program]) => !isThere(program));
  if (missing.length === 0) return;
  throw new TidegateError('TG_LAB_NEEDS', {
    detail: `missing: ${missing.map(([program]) => program).join(', ')}`,
    next: `apt-get install ${missing.map(([, name]) => name).join(' ')}`,
  });
}

function isThere(program: string): boolean {
  return programPath.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
