import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../ssh/connect';
import type { SshConnection } from '../../ssh/connection';
import { type Push, push } from '../../ssh/push';
import { Sshd } from '../support/sshd';

let sshd: Sshd;
let connection: SshConnection;

jest.setTimeout(120_000);

beforeAll(async () => {
  sshd = await Sshd.start();
  connection = await connect(sshd.target(), {
    key: await sshd.key(),
    knownHosts: sshd.knownHosts(),
    connectTimeoutMs: 5_000,
    handshakeTimeoutMs: 5_000,
    keepaliveMs: 15_000,
  });
});
afterAll(async () => {
  connection.close();
  await connection.ended;
  await sshd.stop();
});

/** Writes a local file and gives the push of it into a new, empty folder. */
function prepare(name: string, bytes: Buffer): Push & { folder: string } {
  const folder = join(sshd.folder, `remote-${name.replaceAll(/\W/g, '')}`);
  mkdirSync(folder);
  const source = join(sshd.folder, `local-${name.replaceAll(/\W/g, '')}`);
  writeFileSync(source, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    source,
    sizeBytes: bytes.length,
    sha256,
    remotePath: join(folder, name),
    sudo: false,
    timeoutMs: 30_000,
    folder,
  };
}

test('a file arrives with its bytes and its mode, and nothing beside it', async () => {
  const bytes = randomBytes(5_000_000);
  const file = prepare('it\'s a $(name) of; "trouble"', bytes);
  expect(await push(connection, { ...file, mode: 0o640 })).toBe('pushed');
  expect(readFileSync(file.remotePath).equals(bytes)).toBe(true);
  expect(statSync(file.remotePath).mode & 0o777).toBe(0o640);
  expect(readdirSync(file.folder)).toHaveLength(1);
});

test('an empty file is a file', async () => {
  const file = prepare('empty', Buffer.alloc(0));
  expect(await push(connection, file)).toBe('pushed');
  expect(await push(connection, file)).toBe('unchanged');
});

test('a file that is there already is not sent, and not touched but for its mode', async () => {
  const file = prepare('same', randomBytes(1000));
  await push(connection, file);
  const before = statSync(file.remotePath);
  expect(await push(connection, { ...file, source: '/nonexistent', mode: 0o644 })).toBe('unchanged');
  const after = statSync(file.remotePath);
  expect(after.ino).toBe(before.ino);
  expect(after.mode & 0o777).toBe(0o644);
});

test('other bytes than the digest names leave the old file and no part file', async () => {
  const file = prepare('damaged', randomBytes(2_000_000));
  writeFileSync(file.remotePath, 'old');
  const wrong = push(connection, { ...file, sha256: '0'.repeat(64) });
  await expect(wrong).rejects.toMatchObject({ code: 'TG_STAGE_DAMAGED', facts: { hosts: ['host1'] } });
  expect(readFileSync(file.remotePath, 'utf8')).toBe('old');
  expect(readdirSync(file.folder)).toEqual(['damaged']);
});

test('a file is replaced by a rename: who reads the old one goes on reading it', async () => {
  const file = prepare('atomic', randomBytes(1000));
  writeFileSync(file.remotePath, 'old');
  const before = statSync(file.remotePath).ino;
  await push(connection, file);
  expect(statSync(file.remotePath).ino).not.toBe(before);
});

test('a link in the target’s place is replaced, not followed', async () => {
  const file = prepare('link', randomBytes(1000));
  const elsewhere = join(file.folder, 'elsewhere');
  writeFileSync(elsewhere, readFileSync(file.source));
  symlinkSync(elsewhere, file.remotePath);
  expect(await push(connection, file)).toBe('pushed');
  expect(statSync(file.remotePath).ino).not.toBe(statSync(elsewhere).ino);
});

test('a source that cannot be read leaves nothing on the host', async () => {
  const file = prepare('unread', randomBytes(1000));
  await expect(push(connection, { ...file, source: '/nonexistent' })).rejects.toMatchObject({
    code: 'TG_FILE_MISSING',
  });
  await connection.exec('sleep 0.5', { timeoutMs: 5_000 });
  expect(readdirSync(file.folder)).toEqual([]);
});

test('a folder that is not there and a folder as target are named', async () => {
  const file = prepare('refused', randomBytes(1000));
  const missing = push(connection, { ...file, remotePath: `${file.folder}/none/here` });
  await expect(missing).rejects.toMatchObject({
    code: 'TG_PUSH_FAILED',
    message: expect.stringMatching(/No such file/),
  });
  await expect(push(connection, { ...file, remotePath: file.folder })).rejects.toThrow(/is a directory/);
});

test('a full filesystem is TG_HOST_FULL, and the old file stays', async () => {
  const file = prepare('full', randomBytes(2_000_000));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', file.folder]);
  try {
    writeFileSync(file.remotePath, 'old');
    await expect(push(connection, file)).rejects.toMatchObject({ code: 'TG_HOST_FULL' });
    expect(readdirSync(file.folder)).toEqual(['full']);
  } finally {
    execFileSync('umount', [file.folder]);
  }
});

test('through sudo -n it is root who writes', async () => {
  const file = prepare('sudo', randomBytes(1000));
  expect(await push(connection, { ...file, sudo: true })).toBe('pushed');
  expect(statSync(file.remotePath).uid).toBe(0);
});

test('a connection dropped in the middle leaves the old file and no part file', async () => {
  const file = prepare('dropped', randomBytes(50_000_000));
  writeFileSync(file.remotePath, 'old');
  const own = await connect(sshd.target(), {
    key: await sshd.key(),
    knownHosts: sshd.knownHosts(),
    connectTimeoutMs: 5_000,
    handshakeTimeoutMs: 5_000,
    keepaliveMs: 15_000,
  });
  const pushing = push(own, file);
  const outcome = expect(pushing).rejects.toMatchObject({ code: 'TG_CONNECTION_LOST' });
  while (!readdirSync(file.folder).some((name) => name.startsWith('dropped.part'))) await pause();
  own.close();
  await outcome;
  for (let turn = 0; turn < 200 && readdirSync(file.folder).length > 1; turn += 1) await pause();
  expect(readdirSync(file.folder)).toEqual(['dropped']);
  expect(readFileSync(file.remotePath, 'utf8')).toBe('old');
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
