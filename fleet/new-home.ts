import { existsSync } from 'node:fs';
import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { TidegateError } from '../model/errors';
import type { Fleet } from '../model/fleet';
import type { Home } from '../store/home';
import { loadFleet } from './load';

/** What a person knows before there is a home. Paths are absolute. */
export interface NewHome {
  readonly fleet: string;
  readonly inventory: string;
  /** Account on the hosts. */
  readonly account: string;
  /** Private key file, or `agent`. */
  readonly key: string;
  /** known_hosts files that exist, beside the home's own. */
  readonly knownHosts: readonly string[];
}

/**
 * Makes the home of a fleet from an inventory that exists: a commented fleet.yaml, and an empty known_hosts for the
 * keys that people accept. Nothing is left when the inventory cannot be read.
 * @throws TG_HOME_EXISTS; what loadFleet throws
 */
export async function makeHome(home: Home, given: NewHome): Promise<Fleet> {
  if (existsSync(home.fleetFile))
    throw new TidegateError('TG_HOME_EXISTS', {
      detail: `${home.fleetFile} is there already`,
      next: `tidegate doctor --home ${home.folder}`,
    });
  if (!existsSync(given.inventory))
    throw new TidegateError('TG_FILE_MISSING', `${given.inventory} does not exist`);
  await mkdir(home.keys, { recursive: true, mode: 0o700 });
  await mkdir(home.state, { recursive: true, mode: 0o700 });
  // Read under another name first: a home with a fleet.yaml that cannot be read would look finished.
  const trial = `${home.fleetFile}.new`;
  try {
    await writeFile(trial, fleetFileText(given), { mode: 0o644 });
    const fleet = await loadFleet(trial);
    if (fleet.hosts.length === 0)
      throw new TidegateError('TG_INVENTORY_INVALID', {
        detail: `${given.inventory} names no host`,
        next: `name the hosts in ${given.inventory}, then the same again`,
      });
    await appendFile(`${home.folder}/${ownKnownHosts}`, '', { mode: 0o644 });
    await rename(trial, home.fleetFile);
    return fleet;
  } finally {
    await rm(trial, { force: true });
  }
}

/** Beside fleet.yaml; the first of its known_hosts, so the one that `hostkeys accept` writes. */
const ownKnownHosts = 'known_hosts';

/** JSON strings are YAML strings, whatever is in them. */
function fleetFileText({ fleet, inventory, account, key, knownHosts }: NewHome): string {
  const text = JSON.stringify;
  return `# The fleet, as Tidegate reads it. Every key: docs/fleet.md. Relative paths start from this folder.
fleet: ${text(fleet)}

# A file (Ansible INI or YAML, plain list, known_hosts) or a program that prints Ansible's JSON. Read again at each plan.
inventory: ${text(inventory)}

# How to log in: an account with a key and sudo, the same on every host unless the inventory says otherwise.
account: ${text(account)}
key: ${text(key)} # a file that only you can read, or agent

# Host keys are always checked. The first file is the one that \`tidegate hostkeys accept\` writes.
knownHosts: ${text([ownKnownHosts, ...knownHosts])}

# The label that names what hosts share and can exhaust together: hypervisor, LPAR, rack, SAN.
# domain: rack

# Where connections go through: a host, or account@address:port.
# jump: bastion

# For each platform, the host on which patches are built and undo is rehearsed.
# control: { rhel9-x86_64: ctl1 }

# Whose packages may be imported, and who signs what is built here.
# trustedKeys: [keys/vendor.asc]
# signing: { gnupgHome: gnupg, key: tidegate }

# Whose signature starting and approving need: a file of OpenSSH's ALLOWED SIGNERS (docs/trust.md). Without it anybody
# who reaches Temporal may start, and every actor is only claimed.
# allowedSigners: allowed_signers
`;
}
