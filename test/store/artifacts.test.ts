import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact, Rpm } from '../../model/artifact';
import { Artifacts } from '../../store/artifacts';
import { Files } from '../../store/files';
import { Ledger } from '../../store/ledger';
import { rpmOf } from '../support/rpm';

const actor = { name: 'anna@secured', proof: 'claimed' as const, reason: 'test' };

let folder: string;
let files: Files;
let ledger: Ledger;
let artifacts: Artifacts;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tg-artifacts-'));
  files = new Files(join(folder, 'files'));
  ledger = await Ledger.open(join(folder, 'ledger'));
  artifacts = await Artifacts.open(ledger, files);
});

afterEach(async () => {
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

async function keep(name: string, version: string, release: string, digest: string): Promise<Rpm> {
  const { artifact, rpm } = await make(name, version, release, digest);
  await artifacts.add(artifact, actor);
  return rpm;
}

async function make(
  name: string,
  version: string,
  release: string,
  digest: string,
): Promise<{ artifact: Artifact; rpm: Rpm }> {
  const bytes = `${name}-${version}-${release}`;
  const rpm = rpmOf({
    file: `${bytes}.noarch.rpm`,
    sha256: await files.put(bytes),
    sizeBytes: bytes.length,
    name,
    version,
    release,
    headerDigest: digest.repeat(64).slice(0, 64),
  });
  const artifact: Artifact = {
    digest: digest.repeat(64).slice(0, 64),
    package: name,
    version: `${version}-${release}`,
    platforms: { 'debian12-x86_64': [rpm] },
    origin: 'built',
    signedBy: 'A'.repeat(40),
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  return { artifact, rpm };
}

test("the newest is the newest by rpm's order, not by time or text", async () => {
  await keep('unzip', '6.0', '28.10', 'a');
  await keep('unzip', '6.0', '28.9', 'b');
  await keep('zip', '9', '1', 'c');
  expect((await artifacts.find('unzip')).version).toBe('6.0-28.10');
});

test('an artifact is found by its version, its digest, and the start of its digest', async () => {
  await keep('unzip', '6.0', '28.1', 'a');
  await keep('unzip', '6.0', '28.2', 'b');
  expect((await artifacts.find('unzip', '6.0-28.1')).digest).toBe('a'.repeat(64));
  expect((await artifacts.find('unzip', 'aaaaaaaa')).version).toBe('6.0-28.1');
  expect((await artifacts.byDigest('bbbbbb')).artifact.version).toBe('6.0-28.2');
});

test('what is not there is refused with what is', async () => {
  await keep('unzip', '6.0', '28.1', 'a');
  await expect(artifacts.find('unzip', '7')).rejects.toMatchObject({
    code: 'TG_ARTIFACT_NOT_FOUND',
    message: 'the store holds no 7 of unzip; it holds 6.0-28.1',
  });
  await expect(artifacts.find('zip')).rejects.toMatchObject({ code: 'TG_ARTIFACT_NOT_FOUND' });
});

test('undo finds the very build that a host has, and no other of the same name and version', async () => {
  const rpm = await keep('unzip', '6.0', '28', 'a');
  expect(await artifacts.findRpm(rpm)).toEqual(rpm);
  expect(await artifacts.findRpm({ ...rpm, epoch: '(none)' })).toEqual(rpm);
  expect(await artifacts.findRpm({ ...rpm, headerDigest: 'b'.repeat(64) })).toBeUndefined();
  expect(await artifacts.findRpm({ ...rpm, arch: 's390x' })).toBeUndefined();
});

test('what was added is there for another process, with who and why', async () => {
  await keep('unzip', '6.0', '28', 'a');
  const reader = await Artifacts.open(await Ledger.open(join(folder, 'ledger')), files);
  expect(await reader.list()).toMatchObject([{ artifact: { version: '6.0-28' }, actor }]);
});

test('of two builds that are the same and are kept at the same moment, one is recorded, and both are told which', async () => {
  const { artifact } = await make('unzip', '6.0', '28', 'a');
  const later = { ...artifact, digest: 'b'.repeat(64), createdAt: '2026-01-01T00:00:01.000Z' };
  const kept = await Promise.all([artifact, later].map((one) => artifacts.add(one, actor)));
  expect(kept).toEqual([
    { artifact, already: false },
    { artifact, already: true },
  ]);
  expect(await artifacts.list()).toHaveLength(1);
});

test('of two builds of one version with other contents, the second is refused, and the next one is not', async () => {
  const made = [await make('unzip', '6.0', '28', 'a'), await make('unzip', '6.0', '28', 'b')];
  const [first, second] = await Promise.allSettled(
    made.map(({ artifact }) => artifacts.add(artifact, actor)),
  );
  expect(first).toMatchObject({ status: 'fulfilled' });
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'TG_RPM_NOT_NEWER' } });
  await keep('unzip', '6.0', '29', 'c');
  expect(await artifacts.list()).toHaveLength(2);
});

test('an artifact whose packages are not in the store is not recorded', async () => {
  const rpm = await keep('unzip', '6.0', '28', 'a');
  const [kept] = await artifacts.list();
  const lost = { ...kept!.artifact, platforms: { p: [{ ...rpm, sha256: 'f'.repeat(64) }] } };
  await expect(artifacts.add(lost, actor)).rejects.toMatchObject({ code: 'TG_STORE_MISSING' });
});
