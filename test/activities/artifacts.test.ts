import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createArtifactActivities } from '../../activities/artifacts';
import { Authority } from '../../activities/authority';
import { loadFleet, readFleetFile } from '../../fleet/load';
import { Artifacts } from '../../store/artifacts';
import { Files } from '../../store/files';
import { Ledger } from '../../store/ledger';
import { Mandates } from '../../store/mandate';
import { Keyring } from '../../store/rpm/keyring';
import { verifyArtifact } from '../../store/verify-artifact';
import { makeKey, makeRpm, signInPlace, type TestKey } from '../support/packages';

const nowIso = '2026-01-01T00:00:00.000Z';
const actor = { name: 'tests', proof: 'claimed' as const };

let folder: string;
let vendor: TestKey;
let ledger: Ledger;
let files: Files;
let artifacts: Artifacts;
let importRpms: (
  paths: string[],
  platform?: string,
) => ReturnType<ReturnType<typeof createArtifactActivities>['importRpms']>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tg-import-'));
  vendor = await makeKey('Vendor <vendor@example.org>');
  await copyFile(vendor.publicFile, join(folder, 'vendor.asc'));
  await writeFile(
    join(folder, 'fleet.yaml'),
    'fleet: test\ntrustedKeys: [vendor.asc]\ncontrol: { sles15-x86_64: ctl1, sles15-s390x: ctl2, rhel9-x86_64: ctl3 }\n' +
      'hosts:\n  ctl1: { address: 127.0.0.1, platform: sles15-x86_64 }\n  ctl2: { address: 127.0.0.2, platform: sles15-s390x }\n' +
      '  ctl3: { address: 127.0.0.3, platform: rhel9-x86_64 }\n',
  );
  files = new Files(join(folder, 'files'));
  ledger = await Ledger.open(join(folder, 'ledger'));
  artifacts = await Artifacts.open(ledger, files);
  const hosts = { use: () => Promise.reject(new Error('importing asks no host')) };
  const fleet = () => loadFleet(join(folder, 'fleet.yaml'));
  const authority = new Authority(await Mandates.open(ledger), () =>
    readFleetFile(join(folder, 'fleet.yaml')),
  );
  const activities = createArtifactActivities({ hosts, files, ledger, artifacts, authority, fleet });
  importRpms = async (paths, platform) => {
    const given = await Promise.all(
      paths.map(async (path) => ({ name: basename(path), sha256: await files.put(await readFile(path)) })),
    );
    return activities.importRpms({ fleet: 'test', files: given, platform, actor }, nowIso);
  };
});

afterAll(async () => {
  await ledger.close();
  await vendor.remove();
  await rm(folder, { recursive: true, force: true });
});

async function signed(given: Parameters<typeof makeRpm>[1]): Promise<string> {
  const path = await makeRpm(folder, given);
  await signInPlace(path, vendor);
  return path;
}

test("a vendor's packages become one artifact for each source package, on the platforms of their architecture", async () => {
  const one = await signed({ name: 'one', version: '1.0', release: '1', arch: 's390x' });
  const two = await signed({ name: 'two', version: '2.0', release: '1' });
  const { artifacts: imported } = await importRpms([one, two]);
  expect(imported).toMatchObject([
    { package: 'one', version: '1.0-1', platforms: ['sles15-s390x'], already: false },
    { package: 'two', version: '2.0-1', platforms: ['rhel9-x86_64', 'sles15-s390x', 'sles15-x86_64'] },
  ]);
  expect((await artifacts.find('one')).signedBy).toMatch(/^[0-9A-F]{40}$/);
  expect((await importRpms([one])).artifacts).toMatchObject([{ digest: imported[0]?.digest, already: true }]);
});

test('undo finds what was imported', async () => {
  await importRpms([await signed({ name: 'undo', version: '1', release: '1', epoch: 2 })]);
  const [rpm] = (await artifacts.find('undo', '2:1-1')).platforms['sles15-x86_64'] ?? [];
  expect(await artifacts.findRpm(rpm!)).toEqual(rpm);
});

test('one package that is not accepted keeps all of them out', async () => {
  const good = await signed({ name: 'good', version: '1', release: '1' });
  const unsigned = await makeRpm(folder, { name: 'unsigned', version: '1', release: '1' });
  await expect(importRpms([good, unsigned])).rejects.toMatchObject({ code: 'TG_RPM_UNSIGNED' });
  const stranger = await makeKey('Stranger <stranger@example.org>');
  const foreign = await makeRpm(folder, { name: 'foreign', version: '1', release: '1' });
  await signInPlace(foreign, stranger);
  await stranger.remove();
  await expect(importRpms([good, foreign])).rejects.toMatchObject({ code: 'TG_RPM_FOREIGN_SIGNED' });
  expect(await artifacts.list('good')).toEqual([]);
});

test('a package for no platform of the fleet, or for several that only a person can tell apart, is refused', async () => {
  const arm = await signed({ name: 'arm', version: '1', release: '1', arch: 'aarch64' });
  await expect(importRpms([arm])).rejects.toMatchObject({ code: 'TG_PLATFORM_WRONG' });
  const both = await signed({ name: 'both', version: '1', release: '1', arch: 'x86_64' });
  await expect(importRpms([both])).rejects.toMatchObject({
    code: 'TG_PLATFORM_WRONG',
    message: expect.stringContaining('rhel9-x86_64 or sles15-x86_64'),
  });
  await expect(importRpms([both], 'sles15-s390x')).rejects.toMatchObject({ code: 'TG_PLATFORM_WRONG' });
  expect((await importRpms([both], 'rhel9-x86_64')).artifacts).toMatchObject([
    { platforms: ['rhel9-x86_64'] },
  ]);
});

test('what the store keeps is verified from its manifest to its signatures', async () => {
  await importRpms([await signed({ name: 'kept', version: '1', release: '1' })]);
  const artifact = await artifacts.find('kept');
  const verify = (changed: typeof artifact, keys: string[]) =>
    Keyring.use(keys, (keyring) => verifyArtifact(files, keyring, changed));
  expect(await verify(artifact, [vendor.publicFile])).toEqual([]);
  expect(await verify({ ...artifact, origin: 'built' }, [vendor.publicFile])).toMatchObject([
    { file: 'manifest', code: 'TG_STORE_DAMAGED' },
  ]);
  expect((await verify(artifact, []))[0]).toMatchObject({ code: 'TG_RPM_FOREIGN_SIGNED' });
  const path = files.path(artifact.platforms['sles15-x86_64']?.[0]?.sha256 ?? '');
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.from('x')]));
  expect((await verify(artifact, [vendor.publicFile]))[0]).toMatchObject({ code: 'TG_STORE_DAMAGED' });
});
