import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../lab/lab';
import { signWithLabKey } from '../lab/sign';
import type { Artifact, Rpm } from '../model/artifact';
import { Artifacts } from '../store/artifacts';
import { Files } from '../store/files';
import { homeAt } from '../store/home';
import { Ledger } from '../store/ledger';

/** Files in the package: the size of a small tool's package, about 100 KiB. */
const payloadBytes = 100_000;

/** A small package of a given version, signed with the lab's key, in the lab's store. */
export async function benchPackage(lab: Lab, version: string): Promise<Rpm> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
  try {
    const path = build(folder, version);
    await signWithLabKey(lab, path);
    return await keep(lab, path, version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function build(folder: string, version: string): string {
  const spec = join(folder, 'tgbench.spec');
  writeFileSync(
    spec,
    `Name: tgbench
Version: ${version}
Release: 1
Summary: what the benchmark rolls out
License: Apache-2.0
BuildArch: noarch
%description
For measuring.
%install
mkdir -p %{buildroot}/opt/tgbench
head -c ${payloadBytes} /dev/urandom > %{buildroot}/opt/tgbench/payload
echo %{version} > %{buildroot}/opt/tgbench/version
%files
/opt/tgbench
`,
  );
  execFileSync('rpmbuild', ['-bb', '--quiet', '--nodeps', '--define', `_topdir ${folder}`, spec], {
    stdio: 'ignore',
  });
  const packages = join(folder, 'RPMS/noarch');
  mkdirSync(packages, { recursive: true });
  return join(packages, readdirSync(packages)[0]!);
}

async function keep(lab: Lab, path: string, version: string): Promise<Rpm> {
  const bytes = readFileSync(path);
  const home = homeAt(lab.home);
  const files = new Files(home.files);
  await files.put(bytes);
  const headerDigest = execFileSync('rpm', ['-qp', '--qf', '%{SHA256HEADER}', path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const rpm: Rpm = {
    file: 'tgbench.rpm',
    sha256,
    sizeBytes: bytes.length,
    name: 'tgbench',
    epoch: '0',
    version,
    release: '1',
    arch: 'noarch',
    headerDigest,
    installedSizeBytes: payloadBytes,
  };
  const artifact: Artifact = {
    digest: createHash('sha256').update(sha256).digest('hex'),
    package: 'tgbench',
    version: `${version}-1`,
    platforms: { [lab.platform]: [rpm] },
    origin: 'built',
    signedBy: 'lab',
    createdAt: new Date().toISOString(),
  };
  const ledger = await Ledger.open(home.ledger);
  await (await Artifacts.open(ledger, files)).add(artifact, { name: 'bench', proof: 'claimed' });
  await ledger.close();
  return rpm;
}
