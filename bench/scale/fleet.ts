import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeArtifact } from '../../activities/build/keep';
import type { Rpm } from '../../model/artifact';
import { Artifacts } from '../../store/artifacts';
import { Files } from '../../store/files';
import type { Home } from '../../store/home';
import { Ledger } from '../../store/ledger';

export const fleetName = 'scale';
export const packageName = 'tgtest';
/** The RPMs are not installed by anybody: what travels to a host is as small as a payload can be. */
const rpmBytes = 16;
const platform = 'sim-x86';

/** A home with a fleet of simulated hosts, and two versions of a package in its store. @returns their headers. */
export async function makeFleet(
  home: Home,
  hosts: number,
  domains: number,
): Promise<{ before: string; after: string }> {
  mkdirSync(home.state, { recursive: true, mode: 0o700 });
  const digits = String(hosts - 1).length;
  const nameOf = (index: number) => `h${String(index).padStart(digits, '0')}`;
  const web = Array.from({ length: hosts }, (_, index) => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    return `${nameOf(index)} ansible_host=${address} domain=d${index % domains} role=web\n`;
  });
  writeFileSync(join(home.folder, 'inventory'), `c0 ansible_host=10.255.0.1 role=control\n${web.join('')}`);
  // JSON is YAML.
  const file = { fleet: fleetName, inventory: 'inventory', platform, control: { [platform]: 'c0' } };
  writeFileSync(home.fleetFile, JSON.stringify(file));
  const ledger = await Ledger.open(home.ledger);
  const before = await keep(home, ledger, '1');
  const after = await keep(home, ledger, '2');
  await ledger.close();
  return { before: before.headerDigest, after: after.headerDigest };
}

async function keep(home: Home, ledger: Ledger, version: string): Promise<Rpm> {
  const files = new Files(home.files);
  const bytes = randomBytes(rpmBytes);
  const sha256 = await files.put(bytes);
  const rpm: Rpm = {
    file: `${packageName}-${version}-1.noarch.rpm`,
    sha256,
    sizeBytes: bytes.length,
    name: packageName,
    epoch: '0',
    version,
    release: '1',
    arch: 'noarch',
    headerDigest: sha256,
    installedSizeBytes: bytes.length,
  };
  const artifact = makeArtifact({
    package: packageName,
    platforms: { [platform]: [rpm] },
    origin: 'imported',
    signedBy: 'nobody',
    createdAt: new Date().toISOString(),
  });
  await (await Artifacts.open(ledger, files)).add(artifact, { name: 'bench', proof: 'claimed' });
  return rpm;
}
