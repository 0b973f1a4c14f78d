import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { TidegateError } from '../model/errors';
import { withLock } from '../store/flock';
import { addressOf, pickAddresses } from './addresses';
import { bootHosts, groupOf } from './boot';
import { labsLock } from './cache';
import { checkUnified, makeCgroups, setQuota } from './cgroups';
import { labDown } from './down';
import { golden } from './golden';
import { makeHome } from './home';
import { makeKey } from './keys';
import { hostFolder, type Lab, type LabHost, labExists, labFolder, labHome, listLabs, writeLab } from './lab';
import { checkNeeds } from './needs';
import { type OnProgress, step } from './progress';
import { runRecipe } from './recipe';
import { renderListenAddress, sshdAddressFile } from './sshd-address';

interface LabOptions {
  /** a-z, digits and dashes. */
  readonly name: string;
  /** Number of hosts, the control instance not counted. */
  readonly hosts: number;
  readonly domains: number;
  /** Number of the hosts that have systemd as PID 1 and can reboot, spread over them (none when absent). */
  readonly full?: number;
  /** Whether hosts have Python, for tools that need it there. */
  readonly python?: boolean;
  /** CPUs that a domain's hosts have together; when absent, the machine's are shared out. */
  readonly cpusPerDomain?: number;
  readonly onProgress?: OnProgress;
}

/**
 * Brings up a lab: hosts `web001` … in domains `lpar1` …, the control instance `ctl1`, and the home of that fleet.
 * Its hosts live on after this process, until `labDown`.
 * @throws TG_LAB_EXISTS, TG_LAB_IMAGE, TG_LAB_BOOT, TG_LAB_NEEDS; then nothing of the lab is left
 */
export async function labUp(options: LabOptions): Promise<Lab> {
  checkNeeds(options.hosts);
  const { full = 0 } = options;
  if (full > options.hosts)
    throw new TidegateError('TG_USAGE', `of ${options.hosts} hosts, ${full} cannot be full`);
  if (full > 0) checkUnified();
  refuseExisting(options.name);
  const image = await golden(options.onProgress, { full: full > 0, python: options.python });
  return withLock(labsLock(), async () => {
    refuseExisting(options.name);
    const lab = await describe(options, image);
    await mkdir(lab.folder, { mode: 0o700 });
    try {
      await build(lab, options.onProgress);
    } catch (error) {
      await labDown(options.name, { locked: true });
      throw error;
    }
    return lab;
  });
}

function refuseExisting(name: string): void {
  if (!labExists(name)) return;
  throw new TidegateError('TG_LAB_EXISTS', {
    detail: `lab «${name}» is in ${labFolder(name)}`,
    next: `tidegate lab status --name ${name}`,
  });
}

async function describe(options: LabOptions, image: Awaited<ReturnType<typeof golden>>): Promise<Lab> {
  const { name, hosts: count, domains: domainCount, full = 0 } = options;
  const folder = labFolder(name);
  const { block, port } = pickAddresses(new Set(listLabs().map((lab) => lab.block)));
  const domains = Array.from({ length: domainCount }, (_, index) => `lpar${index + 1}`);
  const fullOnes = new Set(Array.from({ length: full }, (_, index) => Math.floor((index * count) / full)));
  const digits = Math.max(3, String(count).length);
  const web = Array.from(
    { length: count },
    (_, index): LabHost => ({
      name: `web${String(index + 1).padStart(digits, '0')}`,
      address: addressOf(block, index + 1),
      port,
      domain: domains[Math.floor((index * domainCount) / count)]!,
      role: 'web',
      full: fullOnes.has(index),
    }),
  );
  const control: LabHost = {
    name: 'ctl1',
    address: addressOf(block, 0),
    port,
    domain: '',
    role: 'control',
    full: false,
  };
  return {
    ...image,
    name,
    folder,
    home: labHome(name),
    block,
    port,
    cpusPerDomain: options.cpusPerDomain ?? availableParallelism() / domainCount,
    domains,
    hosts: [control, ...web],
    hostLayers: [join(folder, 'layer'), ...image.hostLayers],
    controlLayers: [join(folder, 'layer'), ...image.controlLayers],
    fullLayers: [join(folder, 'layer'), ...image.fullLayers],
  };
}

async function build(lab: Lab, onProgress?: OnProgress): Promise<void> {
  await writeLab(lab);
  await step(onProgress, 'keys and layer of the lab', undefined, async () => {
    const hostKeys = await makeHostFolders(lab);
    const keys = await makeHome(lab, hostKeys);
    const [layer, work] = [join(lab.folder, 'layer'), join(lab.folder, 'layer-work')];
    await mkdir(layer, { mode: 0o755 });
    await mkdir(work);
    const words = [layer, work, lab.hostLayers.slice(1).join(':'), keys.authorizedKeys, keys.signingKey];
    await runRecipe(join(lab.folder, 'layer.log'), 'lab-layer.sh', words);
  });
  await step(onProgress, `boot ${lab.hosts.length} hosts`, estimateBootSeconds(lab), async () => {
    await makeCgroups(lab.name, [...lab.domains, ...lab.hosts.map(groupOf)]);
    await bootHosts(lab, lab.hosts);
    for (const domain of lab.domains) await setQuota(lab.name, domain, lab.cpusPerDomain);
  });
}

/** Measured on 2 cores: 25 ms a host. */
function estimateBootSeconds(lab: Lab): number | undefined {
  const seconds = Math.ceil(lab.hosts.length * 0.025);
  return seconds > 1 ? seconds : undefined;
}

/** Writes what makes each host itself into its upper layer. @returns the public host keys */
async function makeHostFolders(lab: Lab): Promise<string[]> {
  const publicKeys: string[] = [];
  for (const host of lab.hosts) {
    const folder = hostFolder(lab, host);
    const etc = join(folder, 'upper', 'etc');
    // An upper folder's mode is the merged folder's mode: readable, whatever the caller's umask is.
    await mkdir(join(etc, 'ssh', 'sshd_config.d'), { recursive: true, mode: 0o755 });
    await mkdir(join(folder, 'work'));
    await writeFile(join(etc, 'hostname'), `${host.name}\n`);
    await writeFile(join(etc, 'hosts'), `127.0.0.1 localhost\n${host.address} ${host.name}\n`);
    publicKeys.push(await makeKey(join(etc, 'ssh', 'ssh_host_ed25519_key'), `root@${host.name}`));
    await writeFile(join(etc, 'ssh', sshdAddressFile), renderListenAddress(host));
  }
  return publicKeys;
}
