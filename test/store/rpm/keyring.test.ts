import { appendFile, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyring } from '../../../store/rpm/keyring';
import { readRpm } from '../../../store/rpm/read';
import { makeKey, makeRpm, signInPlace, type TestKey } from '../../support/packages';

let folder: string;
let vendor: TestKey;
let stranger: TestKey;
let unsigned: string;
let signed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tg-keyring-'));
  vendor = await makeKey('Vendor <vendor@example.org>');
  stranger = await makeKey('Stranger <stranger@example.org>', 'ed25519');
  unsigned = await makeRpm(folder, { name: 'probe', version: '1.0', release: '2', epoch: 3, vendor: 'ACME' });
  signed = join(folder, 'signed.rpm');
  await copyFile(unsigned, signed);
  await signInPlace(signed, vendor);
}, 60_000);

afterAll(async () => {
  await vendor.remove();
  await stranger.remove();
  await rm(folder, { recursive: true, force: true });
});

test("a package is read through rpm's own query", async () => {
  const { rpm, keyId } = await readRpm(unsigned);
  expect(rpm).toMatchObject({
    file: 'probe-1.0-2.noarch.rpm',
    name: 'probe',
    epoch: '3',
    version: '1.0',
    release: '2',
    arch: 'noarch',
    vendor: 'ACME',
    installedSizeBytes: '1.0\n'.length,
    headerDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(keyId).toBeUndefined();
});

test('signing changes the file and not the digest of its header', async () => {
  const [before, after] = [await readRpm(unsigned), await readRpm(signed)];
  expect(after.rpm.sha256).not.toBe(before.rpm.sha256);
  expect(after.rpm.headerDigest).toBe(before.rpm.headerDigest);
});

test('a package signed by a trusted key is accepted, and says by which', async () => {
  const { key } = await Keyring.use([vendor.publicFile], (keyring) => keyring.check(signed));
  expect(key.owner).toBe('Vendor <vendor@example.org>');
  expect(key.fingerprint).toMatch(/^[0-9A-F]{40}$/);
});

test('an ed25519 key signs as well', async () => {
  const other = join(folder, 'other.rpm');
  await copyFile(unsigned, other);
  await signInPlace(other, stranger);
  const { key } = await Keyring.use([vendor.publicFile, stranger.publicFile], (keyring) =>
    keyring.check(other),
  );
  expect(key.owner).toBe('Stranger <stranger@example.org>');
});

test('a package without a signature, or with a strange one, is refused by name', async () => {
  await expect(Keyring.use([vendor.publicFile], (keyring) => keyring.check(unsigned))).rejects.toMatchObject({
    code: 'TG_RPM_UNSIGNED',
  });
  await expect(Keyring.use([stranger.publicFile], (keyring) => keyring.check(signed))).rejects.toMatchObject({
    code: 'TG_RPM_FOREIGN_SIGNED',
  });
  await expect(Keyring.use([], (keyring) => keyring.check(signed))).rejects.toMatchObject({
    code: 'TG_RPM_FOREIGN_SIGNED',
  });
});

test('a package with one byte too many, or none of its own, is damaged', async () => {
  const longer = join(folder, 'longer.rpm');
  await copyFile(signed, longer);
  await appendFile(longer, 'x');
  const text = join(folder, 'text.rpm');
  await writeFile(text, 'not a package');
  await Keyring.use([vendor.publicFile], async (keyring) => {
    await expect(keyring.check(longer)).rejects.toMatchObject({ code: 'TG_RPM_DAMAGED' });
    await expect(keyring.check(text)).rejects.toMatchObject({
      code: 'TG_RPM_DAMAGED',
      message: expect.stringMatching(/ is no RPM$/),
    });
  });
});

test('a trusted key that is no key is named', async () => {
  const file = join(folder, 'key.asc');
  await writeFile(file, 'not a key');
  await expect(Keyring.open([file])).rejects.toMatchObject({ code: 'TG_FILE_INVALID' });
});
