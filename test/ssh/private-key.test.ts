import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { connect } from '../../ssh/connect';
import { agentKey, loadPrivateKey } from '../../ssh/private-key';
import { makeKey, Sshd } from '../support/sshd';

let folder: string;

jest.setTimeout(60_000);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-key-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a key file that group or others can use in any way is refused, with the command that mends it', async () => {
  const file = join(folder, 'open');
  makeKey(file, 'ed25519');
  for (const mode of [0o640, 0o604, 0o610, 0o602, 0o644, 0o660]) {
    chmodSync(file, mode);
    await expect(loadPrivateKey(file)).rejects.toMatchObject({
      code: 'TG_KEY_FILE_OPEN',
      next: `chmod 600 ${file}`,
    });
  }
  for (const mode of [0o600, 0o400]) {
    chmodSync(file, mode);
    expect((await loadPrivateKey(file)).description).toMatch(/^ssh-ed25519 SHA256:\S+ \(/);
  }
});

test('a key file of another account is refused: its owner could put another key there', async () => {
  const file = join(folder, 'foreign');
  makeKey(file, 'ed25519');
  chownSync(file, 12345, 0);
  await expect(loadPrivateKey(file)).rejects.toMatchObject({ code: 'TG_KEY_FILE_OPEN' });
});

test('a file that is missing, encrypted, public or no key at all is named', async () => {
  await expect(loadPrivateKey(join(folder, 'none'))).rejects.toMatchObject({ code: 'TG_FILE_MISSING' });
  const encrypted = join(folder, 'encrypted');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret words', '-f', encrypted]);
  await expect(loadPrivateKey(encrypted)).rejects.toMatchObject({
    code: 'TG_KEY_UNUSABLE',
    message: expect.stringContaining('ssh-add'),
  });
  chmodSync(`${encrypted}.pub`, 0o600);
  await expect(loadPrivateKey(`${encrypted}.pub`)).rejects.toThrow(/public key/);
  writeFileSync(join(folder, 'text'), 'hello', { mode: 0o600 });
  await expect(loadPrivateKey(join(folder, 'text'))).rejects.toMatchObject({ code: 'TG_KEY_UNUSABLE' });
});

test('printing a key shows no secret', async () => {
  const file = join(folder, 'printed');
  makeKey(file, 'ed25519');
  const key = await loadPrivateKey(file);
  expect(inspect(key, { depth: 10, showHidden: true }) + JSON.stringify(key)).not.toMatch(
    /BEGIN|getPrivatePEM|[0-9a-f]{40}/,
  );
});

test('an agent logs in; one that is not there or holds nothing is named', async () => {
  const socket = join(folder, 'agent.sock');
  await expect(agentKey(socket)).rejects.toMatchObject({ code: 'TG_KEY_UNUSABLE' });
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  const sshd = await Sshd.start();
  try {
    await new Promise((resolve) => agent.stdout.once('data', resolve));
    await expect(agentKey(socket)).rejects.toThrow(/holds no key/);
    execFileSync('ssh-add', ['-q', join(sshd.folder, 'client')], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: 'ignore',
    });
    const connection = await connect(sshd.target(), {
      key: await agentKey(socket),
      knownHosts: sshd.knownHosts(),
      connectTimeoutMs: 5_000,
      handshakeTimeoutMs: 5_000,
      keepaliveMs: 15_000,
    });
    expect((await connection.exec('exit 5', { timeoutMs: 5_000 })).code).toBe(5);
    connection.close();
    await connection.ended;
  } finally {
    agent.kill();
    await sshd.stop();
  }
});
