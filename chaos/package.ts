import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeArtifact } from '../activities/build/keep';
import { inside } from '../lab/inside';
import type { Lab } from '../lab/lab';
import { signWithLabKey } from '../lab/sign';
import type { Rpm } from '../model/artifact';
import { Artifacts } from '../store/artifacts';
import { Files } from '../store/files';
import { homeAt } from '../store/home';
import { Ledger } from '../store/ledger';
import { readRpm } from '../store/rpm/read';

/** What is rolled out; `/opt/tgchaos/version` holds its version. */
export const packageName = 'tgchaos';

/** Where the marks lie on a host that its scriptlets obey, and the packages themselves. */
export const marksFolder = '/srv/chaos';

/** A transaction that is over in milliseconds leaves no time to be disturbed in. */
const scriptletSeconds = 0.15;

/** Each mark is for one of the two scriptlets: `pre-fail`, `post-hang` … */
const scriptlet = (when: 'pre' | 'post') => `%${when} -p /bin/sh
mark=${marksFolder}/${when}
sleep ${scriptletSeconds}
[ ! -e $mark-flood ] || head -c 20000000 /dev/zero | tr '\\0' x
[ ! -e $mark-kill ] || { rm $mark-kill; kill -KILL $PPID; }
while [ -e $mark-hang ]; do sleep 0.1; done
[ ! -e $mark-fail ]`;

/** One version of the package, signed with the lab's key, in the store and on every host that is up. */
export async function makePackage(lab: Lab, version: string): Promise<Rpm> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-chaos-'));
  try {
    const path = build(folder, version);
    await signWithLabKey(lab, path);
    for (const host of lab.hosts) {
      const script = `mkdir -p ${marksFolder}; base64 -d >${marksFolder}/$1.rpm <<'RPM'\n${readFileSync(path, 'base64')}\nRPM\n`;
      await inside(lab, host, script, version);
    }
    return await keep(lab, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function build(folder: string, version: string): string {
  const spec = join(folder, `${packageName}.spec`);
  writeFileSync(
    spec,
    `Name: ${packageName}
Version: ${version}
Release: 1
Summary: what chaos is made of
License: Apache-2.0
BuildArch: noarch
%description
For rollouts that are disturbed.
%install
mkdir -p %{buildroot}/opt/${packageName}
head -c 20000 /dev/urandom >%{buildroot}/opt/${packageName}/payload
echo %{version} >%{buildroot}/opt/${packageName}/version
${scriptlet('pre')}
${scriptlet('post')}
%files
/opt/${packageName}
`,
  );
  execFileSync('rpmbuild', ['-bb', '--quiet', '--nodeps', '--define', `_topdir ${folder}`, spec], {
    stdio: 'ignore',
  });
  const packages = join(folder, 'RPMS/noarch');
  mkdirSync(packages, { recursive: true });
  return join(packages, readdirSync(packages)[0]!);
}

async function keep(lab: Lab, path: string): Promise<Rpm> {
  const home = homeAt(lab.home);
  const { rpm } = await readRpm(path);
  const files = new Files(home.files);
  await files.put(readFileSync(path));
  const artifact = makeArtifact({
    package: rpm.name,
    platforms: { [lab.platform]: [rpm] },
    origin: 'built',
    signedBy: 'lab',
    createdAt: new Date().toISOString(),
  });
  const ledger = await Ledger.open(home.ledger);
  await (await Artifacts.open(ledger, files)).add(artifact, { name: 'chaos', proof: 'claimed' });
  await ledger.close();
  return rpm;
}
