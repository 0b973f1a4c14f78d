import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { machine } from 'node:os';
import { dirname, join } from 'node:path';
import { TidegateError } from '../model/errors';
import { type AptSource, proxyEnvironment, readAptSources, readAptTransport, renderAptSources } from './apt';
import { layersFolder } from './cache';
import { imageFile } from './image-files';
import { withLock } from './lock';
import { type OnProgress, step } from './progress';

/** What hosts are made from: folders, each to be used as a lower layer of an overlay. */
export interface Golden {
  /** `debian12-x86_64`: what packages for these hosts are built for. */
  readonly platform: string;
  /** Lower layers of a host, topmost first. */
  readonly hostLayers: readonly string[];
  /** Lower layers of the control instance, topmost first. */
  readonly controlLayers: readonly string[];
  /** Folder of the vendor's signed RPMs, with `vendor.asc`, the public key that hosts trust. */
  readonly vendorPackages: string;
  /** OpenPGP home that holds the vendor's private key, to make more of the vendor's packages in tests. */
  readonly vendorGnupg: string;
}

/** Beyond debootstrap's minbase: what a host needs, and tini to be its init. */
const hostPackages = ['openssh-server', 'sudo', 'cron', 'rpm', 'procps', 'tini', 'iproute2'];
const controlPackages = [
  'gcc libc6-dev make patch dpkg-dev binutils elfutils cpio bzip2 xz-utils',
  'libbz2-dev zlib1g-dev',
];

/**
 * Makes the golden image's layers, or finds them in the cache. A layer is named by a digest of its recipe and
 * of the layers below it, is made in a temporary folder and renamed when whole; two callers never make one twice.
 * @throws TG_LAB_IMAGE when a recipe fails (with its log), TG_LAB_APT
 */
export async function golden(onProgress?: OnProgress): Promise<Golden> {
  const release = await readRelease();
  const folder = layersFolder();
  return withLock(
    join(folder, 'lock'),
    async () => {
      await removeLeftovers(folder);
      const apt = await prepareApt(join(folder, 'apt'), release.codename);
      const base = await makeBase(apt, release, onProgress);
      const control = await makeControl(apt, base, onProgress);
      const vendor = await makeVendor(base, control, onProgress);
      return {
        platform: `${release.id}${release.version}-${machine()}`,
        hostLayers: [join(vendor, 'root'), join(base, 'root')],
        controlLayers: [join(control, 'root'), join(vendor, 'root'), join(base, 'root')],
        vendorPackages: join(vendor, 'packages'),
        vendorGnupg: join(vendor, 'gnupg'),
      };
    },
    () => onProgress?.({ what: 'wait for another lab that makes the golden image', state: 'begins' }),
  );
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

/** Of a run that was killed. Nobody else makes layers while we hold the lock. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /\.tmp(-work)?$/.test(name));
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
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
  await mkdir(join(folder, 'sources.list.d'), { recursive: true });
  await mkdir(join(folder, 'apt.conf.d'));
  for (const part of ['trusted.gpg.d', 'keyrings', 'auth.conf.d', 'auth.conf']) {
    const from = join('/etc/apt', part);
    if (existsSync(from)) await cp(from, join(folder, part), { recursive: true, verbatimSymlinks: true });
  }
  await writeFile(join(folder, 'sources.list.d', 'machine.sources'), renderAptSources(sources));
  await writeFile(join(folder, 'apt.conf.d', '50machine'), readAptTransport());
  return { folder, sources };
}

async function makeBase(apt: Apt, release: Release, onProgress?: OnProgress): Promise<string> {
  const source = apt.sources.find(({ suites }) => suites.includes(release.codename))!;
  const signedBy = source.options['signed-by'] ?? '';
  const environment = {
    SUITE: release.codename,
    MIRROR: source.uris[0]!,
    KEYRING: existsSync(signedBy) ? signedBy : '',
    PACKAGES: hostPackages.join(','),
  };
  const files = ['base.sh', 'boot.sh', 'rpm-wrapper.sh', 'rpm.macros', 'sshd.conf', 'sudoers'];
  const key = await digestOf(files, [...Object.values(environment), renderAptSources(apt.sources)]);
  return makeLayer('base', key, 120, onProgress, (temporary) =>
    run('base.sh', [join(temporary, 'root'), apt.folder, dirname(imageFile('base.sh'))], environment),
  );
}

async function makeControl(apt: Apt, base: string, onProgress?: OnProgress): Promise<string> {
  const key = await digestOf(['control.sh'], [base, ...controlPackages]);
  return makeLayer('control', key, 40, onProgress, async (temporary, work) =>
    run(
      'control.sh',
      [await folderIn(temporary, 'root'), work, join(base, 'root'), join(base, 'lists'), apt.folder],
      {
        PACKAGES: controlPackages.join(' '),
      },
    ),
  );
}

async function makeVendor(base: string, control: string, onProgress?: OnProgress): Promise<string> {
  const files = ['vendor.sh', 'unzip.sh', 'unzip.spec', 'fixed-elsewhere', 'provides.sh', 'base.spec'];
  const key = await digestOf(files, [base, control]);
  return makeLayer('vendor', key, 30, onProgress, async (temporary, work) =>
    run('vendor.sh', [
      await folderIn(temporary, 'root'),
      work,
      join(base, 'root'),
      join(control, 'root'),
      join(temporary, 'packages'),
      join(temporary, 'gnupg'),
      dirname(imageFile('vendor.sh')),
    ]),
  );
}

async function digestOf(names: readonly string[], words: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0`).update(await readFile(imageFile(name)));
  for (const word of words) hash.update(`${word}\0`);
  return hash.digest('hex').slice(0, 16);
}

async function makeLayer(
  name: string,
  key: string,
  estimateSeconds: number,
  onProgress: OnProgress | undefined,
  make: (temporary: string, work: string) => Promise<void>,
): Promise<string> {
  const layer = join(layersFolder(), `${name}-${key}`);
  if (existsSync(layer)) return layer;
  const temporary = `${layer}.${randomBytes(4).toString('hex')}.tmp`;
  const work = `${temporary}-work`;
  await mkdir(temporary, { mode: 0o755 });
  await mkdir(work);
  try {
    await step(onProgress, `golden image: ${name}`, estimateSeconds, () => make(temporary, work));
    await rename(temporary, layer);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(temporary, { recursive: true, force: true });
  }
  return layer;
}

async function folderIn(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { mode: 0o755 });
  return folder;
}

/**
 * In mount and PID namespaces of its own, tied to our life: whatever a recipe mounts or starts goes with it,
 * also when this process is killed.
 */
async function run(script: string, words: string[], environment: Record<string, string> = {}): Promise<void> {
  const logPath = join(layersFolder(), `${script.replace(/\.sh$/, '')}.log`);
  const log = await open(logPath, 'w');
  try {
    const child = spawn('setpriv', [...inNamespaces, 'sh', imageFile(script), ...words], {
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...proxyEnvironment(), ...environment },
    });
    const [code] = await once(child, 'exit');
    if (code === 0) return;
  } finally {
    await log.close();
  }
  const said = (await readFile(logPath, 'utf8')).trimEnd().split('\n').slice(-3).join(' | ');
  throw new TidegateError('TG_LAB_IMAGE', { detail: `${script} failed: ${said}`, next: `less ${logPath}` });
}

const inNamespaces = [
  '--pdeathsig',
  'KILL',
  'unshare',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];
