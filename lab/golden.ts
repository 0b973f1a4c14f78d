import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { machine } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { withLock } from '../store/flock';
import { type AptSource, readAptSources, readAptTransport, renderAptSources } from './apt';
import { layersFolder } from './cache';
import { imageFile } from './image-files';
import { listLabs } from './lab';
import { layer, layerLog, removeLeftovers, removeUnused } from './layer';
import type { OnProgress } from './progress';
import { runRecipe } from './recipe';

/** What hosts are made from: folders, each to be used as a lower layer of an overlay. */
interface Golden {
  /** `debian12-x86_64`: what packages for these hosts are built for. */
  readonly platform: string;
  /** Lower layers of a host, topmost first. */
  readonly hostLayers: readonly string[];
  /** Lower layers of the control instance, topmost first. */
  readonly controlLayers: readonly string[];
  /** Lower layers of a full host, topmost first; none when they were not asked for. */
  readonly fullLayers: readonly string[];
  /** Folder of the vendor's signed RPMs, with `vendor.asc`, the public key that hosts trust. */
  readonly vendorPackages: string;
  /** OpenPGP home that holds the vendor's private key, to make more of the vendor's packages in tests. */
  readonly vendorGnupg: string;
}

/** Beyond debootstrap's minbase: what a host needs, and tini to be its init. */
const hostPackages = ['openssh-server', 'sudo', 'cron', 'rpm', 'procps', 'tini', 'iproute2'];
/** What makes a host a full one: systemd, and the sessions that logind makes of logins. */
const fullPackages = ['systemd', 'systemd-sysv', 'dbus', 'libpam-systemd'];
/** What Ansible needs on what it manages. */
const pythonPackages = ['python3'];
/** What builds an RPM from C; `file` and elfutils are what rpm's own post-install steps call. */
const controlPackages = [
  ...['gcc', 'libc6-dev', 'make', 'patch', 'dpkg-dev', 'binutils', 'elfutils', 'file', 'cpio', 'bzip2'],
  ...['xz-utils', 'libbz2-dev', 'zlib1g-dev'],
];

/** Layers that not every lab needs. */
export interface Wanted {
  /** That of full hosts. */
  readonly full?: boolean;
  /** Python on every host. */
  readonly python?: boolean;
}

/**
 * Makes the golden image's layers, or finds them in the cache; two callers never make one twice.
 * @throws TG_LAB_IMAGE when a recipe fails (with its log), TG_LAB_APT
 */
export async function golden(onProgress?: OnProgress, wanted: Wanted = {}): Promise<Golden> {
  return withLock(join(layersFolder(), 'lock'), () => makeLayers(wanted, onProgress), {
    onWait: () => onProgress?.({ what: 'wait for another lab that makes the golden image', state: 'begins' }),
  });
}

async function makeLayers(wanted: Wanted, onProgress?: OnProgress): Promise<Golden> {
  await removeLeftovers();
  const used = listLabs().flatMap((lab) => [...lab.hostLayers, ...lab.controlLayers, ...lab.fullLayers]);
  await removeUnused(new Set(used.map(dirname)));
  const release = await readRelease();
  const apt = await prepareApt(join(layersFolder(), 'apt'), release.codename);
  const base = await makeBase(apt, release, onProgress);
  const controlLayer = await makeAddition(control, apt, base, onProgress);
  const vendor = await makeVendor(base, controlLayer, onProgress);
  const everywhere = [join(vendor, 'root'), join(base, 'root')];
  const fullLayers = wanted.full
    ? [join(await makeAddition(full, apt, base, onProgress), 'root'), ...everywhere]
    : [];
  const pythonLayers = wanted.python ? [join(await makeAddition(python, apt, base, onProgress), 'root')] : [];
  return {
    platform: `${release.id}${release.version}-${machine()}`,
    hostLayers: [...pythonLayers, ...everywhere],
    controlLayers: [join(controlLayer, 'root'), ...everywhere],
    fullLayers,
    vendorPackages: join(vendor, 'packages'),
    vendorGnupg: join(vendor, 'gnupg'),
  };
}

interface Release {
  readonly id: string;
  readonly version: string;
  readonly codename: string;
}

async function readRelease(): Promise<Release> {
  const text = await readFile('/etc/os-release', 'utf8');
  const field = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { id: field('ID'), version: field('VERSION_ID'), codename: field('VERSION_CODENAME') };
}

interface Apt {
  /** Prepared content of an image's /etc/apt. */
  readonly folder: string;
  readonly sources: readonly AptSource[];
}

/** The machine's apt configuration, cut down to what reaches the archives of its own release. */
async function prepareApt(folder: string, codename: string): Promise<Apt> {
  const sources = readAptSources(codename);
  await rm(folder, { recursive: true, force: true });
  for (const part of ['sources.list.d', 'apt.conf.d', 'keyrings']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  for (const part of ['trusted.gpg.d', 'keyrings', 'auth.conf.d', 'auth.conf']) {
    const from = join('/etc/apt', part);
    if (existsSync(from)) await cp(from, join(folder, part), { recursive: true, verbatimSymlinks: true });
  }
  const inImage = sources.map((source) => withKeyring(source, '/etc/apt/keyrings'));
  for (const { options } of sources.filter(hasKeyring)) {
    await cp(options['signed-by']!, join(folder, 'keyrings', basename(options['signed-by']!)));
  }
  await writeFile(join(folder, 'sources.list.d', 'machine.sources'), renderAptSources(inImage));
  await writeFile(join(folder, 'apt.conf.d', '50machine'), readAptTransport());
  return { folder, sources };
}

function hasKeyring({ options }: AptSource): boolean {
  return existsSync(options['signed-by'] ?? '');
}

function withKeyring(source: AptSource, folder: string): AptSource {
  if (!hasKeyring(source)) return source;
  const path = join(folder, basename(source.options['signed-by']!));
  return { ...source, options: { ...source.options, 'signed-by': path } };
}

function makeBase(apt: Apt, release: Release, onProgress?: OnProgress): Promise<string> {
  const source = apt.sources.find(({ suites }) => suites.includes(release.codename))!;
  const environment = {
    SUITE: release.codename,
    MIRROR: source.uris[0]!,
    KEYRING: hasKeyring(source) ? source.options['signed-by']! : '',
    PACKAGES: hostPackages.join(','),
  };
  return layer(
    {
      name: 'base',
      files: ['base.sh', 'boot.sh', 'rpm-wrapper.sh', 'rpm.macros', 'sshd.conf', 'sudoers'],
      words: [...Object.values(environment), renderAptSources(apt.sources)],
      estimateSeconds: 120,
      make: (temporary) => {
        const words = [join(temporary, 'root'), apt.folder, dirname(imageFile('base.sh'))];
        return runRecipe(layerLog('base'), 'base.sh', words, environment);
      },
    },
    onProgress,
  );
}

const control: Addition = {
  name: 'control',
  files: ['control.sh'],
  packages: controlPackages,
  estimateSeconds: 40,
};
const full: Addition = {
  name: 'full',
  files: ['full.sh', 'packages.sh', 'full-boot.sh', 'full-logind.conf'],
  packages: fullPackages,
  estimateSeconds: 15,
};
const python: Addition = {
  name: 'python',
  files: ['python.sh', 'packages.sh'],
  packages: pythonPackages,
  estimateSeconds: 15,
};

/** A layer of packages over the base: its script is the first of its files. */
interface Addition {
  readonly name: string;
  readonly files: readonly [script: string, ...others: string[]];
  readonly packages: readonly string[];
  readonly estimateSeconds: number;
}

function makeAddition(
  { name, files, packages, estimateSeconds }: Addition,
  apt: Apt,
  base: string,
  onProgress?: OnProgress,
): Promise<string> {
  return layer(
    {
      name,
      files,
      words: [base, ...packages],
      estimateSeconds,
      make: async (temporary, work) => {
        const target = await folderIn(temporary, 'root');
        const words = [target, work, join(base, 'root'), join(base, 'lists'), apt.folder];
        await runRecipe(layerLog(name), files[0], words, { PACKAGES: packages.join(' ') });
      },
    },
    onProgress,
  );
}

function makeVendor(base: string, control: string, onProgress?: OnProgress): Promise<string> {
  return layer(
    {
      name: 'vendor',
      files: ['vendor.sh', 'unzip.sh', 'unzip.spec', 'fixed-elsewhere', 'provides.sh', 'base.spec'],
      words: [base, control],
      estimateSeconds: 30,
      make: async (temporary, work) => {
        const target = await folderIn(temporary, 'root');
        const [packages, gnupg] = [join(temporary, 'packages'), join(temporary, 'gnupg')];
        const files = dirname(imageFile('vendor.sh'));
        const words = [target, work, join(base, 'root'), join(control, 'root'), packages, gnupg, files];
        await runRecipe(layerLog('vendor'), 'vendor.sh', words);
      },
    },
    onProgress,
  );
}

async function folderIn(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { mode: 0o755 });
  return folder;
}
