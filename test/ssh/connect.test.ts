import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dialSocket, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type ConnectOptions, connect, offeredKey } from '../../ssh/connect';
import type { SshConnection } from '../../ssh/connection';
import type { KnownHosts } from '../../ssh/known-hosts';
import { loadPrivateKey } from '../../ssh/private-key';
import type { Target } from '../../ssh/target';
import { makeKey, publicKey, Sshd, type SshdOptions } from '../support/sshd';

let sshd: Sshd;

jest.setTimeout(120_000);
beforeAll(async () => {
  sshd = await Sshd.start({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
});
afterAll(() => sshd.stop());

async function options(known: KnownHosts, changes: Partial<ConnectOptions> = {}): Promise<ConnectOptions> {
  return {
    key: await sshd.key(),
    knownHosts: known,
    connectTimeoutMs: 2_000,
    handshakeTimeoutMs: 5_000,
    keepaliveMs: 15_000,
    ...changes,
  };
}

async function closeAfter<T>(
  connection: SshConnection,
  work: (open: SshConnection) => Promise<T>,
): Promise<T> {
  try {
    return await work(connection);
  } finally {
    connection.close();
    await connection.ended;
  }
}

async function login(to: Target, with_: ConnectOptions): Promise<number | null> {
  return closeAfter(
    await connect(to, with_),
    async (open) => (await open.exec('exit 5', { timeoutMs: 5_000 })).code,
  );
}

test('each kind of pinned host key is asked for, though the host has others that it would rather show', async () => {
  for (const type of ['ed25519', 'ecdsa', 'rsa'])
    expect(await login(sshd.target(), await options(sshd.knownHosts([sshd.knownHostsLine(type)])))).toBe(5);
});

test('a host without a pinned key is not even connected to', async () => {
  const before = sshd.log();
  const known = sshd.knownHosts([sshd.knownHostsLine('ed25519', 'other')]);
  await expect(connect(sshd.target('zlx230'), await options(known))).rejects.toMatchObject({
    code: 'TG_HOST_KEY_UNKNOWN',
    facts: { hosts: ['zlx230'] },
    next: expect.stringContaining('tidegate hostkeys accept zlx230'),
  });
  expect(sshd.log()).toBe(before);
});

test('a changed host key ends the connection before any login is tried', async () => {
  makeKey(join(sshd.folder, 'impostor'), 'ed25519');
  const impostor = publicKey(join(sshd.folder, 'impostor.pub')).toString('base64');
  const before = sshd.log().length;
  const known = sshd.knownHosts([`[${sshd.address}]:${sshd.port} ssh-ed25519 ${impostor}`]);
  await expect(connect(sshd.target(), await options(known))).rejects.toMatchObject({
    code: 'TG_HOST_KEY_CHANGED',
    retryable: false,
  });
  expect(sshd.log().slice(before)).not.toMatch(/publickey|Accepted|user root/);
});

test('a revoked host key is refused', async () => {
  const known = sshd.knownHosts([sshd.knownHostsLine(), `@revoked ${sshd.knownHostsLine('ed25519', '*')}`]);
  await expect(connect(sshd.target(), await options(known))).rejects.toMatchObject({
    code: 'TG_HOST_KEY_REVOKED',
  });
});

test('the key that a host offers can be looked at without logging in', async () => {
  const before = sshd.log().length;
  const key = await offeredKey(sshd.target(), { connectTimeoutMs: 2_000, handshakeTimeoutMs: 5_000 });
  expect(key.equals(sshd.hostKey('ed25519'))).toBe(true);
  expect(sshd.log().slice(before)).not.toMatch(/publickey|user root/);
});

test('a key that the host does not know is TG_AUTH_REFUSED, with account and fingerprint', async () => {
  const file = join(sshd.folder, 'stranger');
  makeKey(file, 'ed25519');
  const key = await loadPrivateKey(file);
  await expect(connect(sshd.target(), await options(sshd.knownHosts(), { key }))).rejects.toMatchObject({
    code: 'TG_AUTH_REFUSED',
    message: expect.stringMatching(/root may not log in with ssh-ed25519 SHA256:/),
  });
});

describe('hosts with their own ideas', () => {
  async function withSshd(config: SshdOptions, work: (other: Sshd) => Promise<void>): Promise<void> {
    const other = await Sshd.start(config);
    try {
      await work(other);
    } finally {
      await other.stop();
    }
  }

  test('a host in FIPS mode is served by the NIST curves and AES-CTR', async () => {
    const config = ['KexAlgorithms ecdh-sha2-nistp384', 'Ciphers aes256-ctr', 'MACs hmac-sha2-256'];
    await withSshd({ hostKeys: ['ecdsa'], config }, async (other) => {
      const known = other.knownHosts([other.knownHostsLine('ecdsa')]);
      expect(await login(other.target(), await options(known, { key: await other.key() }))).toBe(5);
    });
  });

  test('a host with old algorithms only is TG_SSH_ALGORITHMS, not worth a retry', async () => {
    await withSshd({ config: ['KexAlgorithms diffie-hellman-group14-sha1'] }, async (other) => {
      await expect(connect(other.target(), await options(other.knownHosts()))).rejects.toMatchObject({
        code: 'TG_SSH_ALGORITHMS',
        retryable: false,
      });
    });
  });

  test('keys are exchanged anew in the middle of a transfer', async () => {
    await withSshd({ config: ['RekeyLimit 1M'] }, async (other) => {
      const opened = await connect(
        other.target(),
        await options(other.knownHosts(), { key: await other.key() }),
      );
      const { stdoutBytes } = await closeAfter(opened, (open) =>
        open.exec('head -c 20000000 /dev/zero', { timeoutMs: 30_000 }),
      );
      expect(stdoutBytes).toBe(20_000_000);
    });
  });

  test('a login banner and a greeting before the protocol do no harm', async () => {
    const banner = join(sshd.folder, 'banner');
    writeFileSync(banner, 'No trespassing\n'.repeat(50));
    await withSshd({ config: [`Banner ${banner}`] }, async (other) => {
      expect(await login(other.target(), await options(other.knownHosts(), { key: await other.key() }))).toBe(
        5,
      );
    });
  });
});

describe('hosts that do not speak', () => {
  async function withServer(
    onConnection: (socket: Socket) => void,
    work: (to: Target) => Promise<void>,
  ): Promise<void> {
    const sockets: Socket[] = [];
    const server: Server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await work(sshd.target('odd', { port: (server.address() as AddressInfo).port }));
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  const known = async (changes: Partial<ConnectOptions> = {}) =>
    options(sshd.knownHosts([sshd.knownHostsLine('ed25519', '*')]), changes);

  test('a port where nothing listens', async () => {
    await withServer(
      () => undefined,
      async (to) => {
        const closed = { ...to, address: '127.77.1.1' };
        await expect(connect(closed, await known())).rejects.toMatchObject({
          code: 'TG_HOST_UNREACHABLE',
          retryable: true,
          message: expect.stringMatching(/odd \(127.77.1.1:\d+\): connection refused/),
        });
      },
    );
  });

  test('a tarpit that takes the connection and never speaks ends with the handshake’s timeout', async () => {
    await withServer(
      () => undefined,
      async (to) => {
        await expect(connect(to, await known({ handshakeTimeoutMs: 400 }))).rejects.toMatchObject({
          code: 'TG_HOST_UNREACHABLE',
          message: expect.stringContaining('not logged in within 0.4 s'),
        });
      },
    );
  });

  test('a tarpit that sends endless banner lines ends too', async () => {
    await withServer(
      (socket) => {
        const timer = setInterval(() => socket.write(`${Math.random()}\r\n`), 20);
        socket.once('close', () => clearInterval(timer));
      },
      async (to) => {
        await expect(connect(to, await known({ handshakeTimeoutMs: 400 }))).rejects.toMatchObject({
          code: 'TG_HOST_UNREACHABLE',
        });
      },
    );
  });

  test('a server of another protocol, and one that hangs up', async () => {
    for (const answer of ['HTTP/1.1 400 Bad Request\r\n\r\n', 'Exceeded MaxStartups\r\n', ''])
      await withServer(
        (socket) => socket.end(answer),
        async (to) => {
          await expect(connect(to, await known())).rejects.toMatchObject({ code: 'TG_HOST_UNREACHABLE' });
        },
      );
  });

  test('a name that does not resolve', async () => {
    const nowhere = sshd.target('nowhere', { address: 'nowhere.invalid' });
    await expect(connect(nowhere, await known())).rejects.toMatchObject({ code: 'TG_HOST_UNREACHABLE' });
  });

  test('a host that does not answer at all ends with the connection’s timeout', async () => {
    const deaf = spawn(
      process.execPath,
      [
        '-e',
        `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
           require('fs').writeSync(1, String(s.address().port));
           Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
         });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const port = Number(await new Promise((resolve) => deaf.stdout.once('data', resolve)));
    const fillers = Array.from({ length: 4 }, () =>
      dialSocket(port, '127.0.0.1').on('error', () => undefined),
    );
    try {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await expect(
        connect(sshd.target('deaf', { port }), await known({ connectTimeoutMs: 300 })),
      ).rejects.toMatchObject({
        code: 'TG_HOST_UNREACHABLE',
        message: expect.stringContaining('no answer within 0.3 s'),
      });
    } finally {
      for (const filler of fillers) filler.destroy();
      deaf.kill('SIGKILL');
    }
  });
});
