import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '../../ssh/connection';
import { Pool, type PoolOptions } from '../../ssh/pool';
import type { Target } from '../../ssh/target';
import { Sshd, type SshdOptions } from '../support/sshd';

jest.setTimeout(120_000);

/** sshd and a pool that trusts it under every name; both are gone afterwards. */
async function withPool(
  config: SshdOptions,
  work: (pool: Pool, sshd: Sshd) => Promise<void>,
  changes: Partial<PoolOptions> = {},
): Promise<void> {
  const sshd = await Sshd.start(config);
  const knownHosts = sshd.knownHosts([sshd.knownHostsLine('ed25519', '*')]);
  const pool = new Pool({ key: await sshd.key(), knownHosts, ...changes });
  try {
    await work(pool, sshd);
  } finally {
    await pool.closeAll();
    await sshd.stop();
  }
}

const logins = (sshd: Sshd) => sshd.log().match(/Accepted publickey/g)?.length ?? 0;
const timeoutMs = 20_000;
const exec = async (connection: Connection, command: string) =>
  (await connection.exec(command, { timeoutMs })).stdout.toString().trim();
/** The PID of the sshd process that serves the connection. */
const server = (connection: Connection) => exec(connection, 'echo $PPID');

test('uses of one host, one after another and at once, share one connection', async () => {
  await withPool({}, async (pool, sshd) => {
    const together = await Promise.all(Array.from({ length: 20 }, () => pool.use(sshd.target(), server)));
    const later = await pool.use(sshd.target(), server);
    expect(new Set([...together, later]).size).toBe(1);
    expect(logins(sshd)).toBe(1);
  });
});

test('what the work throws comes out, and the connection stays', async () => {
  await withPool({}, async (pool, sshd) => {
    const failing = pool.use(sshd.target(), () => Promise.reject(new Error('mine')));
    await expect(failing).rejects.toThrow('mine');
    await pool.use(sshd.target(), server);
    expect(logins(sshd)).toBe(1);
  });
});

test('a key that is no longer pinned, or revoked, ends the connection that was opened under it', async () => {
  const other = await Sshd.start({});
  try {
    await withPool({}, async (pool, sshd) => {
      const pinned = sshd.knownHostsLine('ed25519', '*');
      const foreign = other.knownHostsLine('ed25519', '*');
      const revoked = `@revoked ${pinned}`;
      const first = await pool.use(sshd.target(), server);
      sshd.knownHosts([pinned, '# a comment is no other key']);
      expect(await pool.use(sshd.target(), server)).toBe(first);
      for (const [lines, code] of [
        [[foreign], 'TG_HOST_KEY_CHANGED'],
        [['# none'], 'TG_HOST_KEY_UNKNOWN'],
        [[pinned, revoked], 'TG_HOST_KEY_REVOKED'],
      ] as const) {
        sshd.knownHosts([...lines]);
        await expect(pool.use(sshd.target(), server)).rejects.toMatchObject({ code });
        sshd.knownHosts([pinned]);
        expect(await pool.use(sshd.target(), server)).not.toBe(first);
      }
    });
  } finally {
    await other.stop();
  }
});

test('a jump host whose key is no longer pinned ends what was opened through it', async () => {
  await withPool({}, async (pool, sshd) => {
    const jump = sshd.target('bastion');
    const line = (name: string) => sshd.knownHostsLine('ed25519', `[${name}]:${sshd.target().port}`);
    sshd.knownHosts([line('bastion'), line('behind')]);
    await pool.use(sshd.target('behind', { jump }), server);
    sshd.knownHosts([line('behind')]);
    await expect(pool.use(sshd.target('behind', { jump }), server)).rejects.toMatchObject({
      code: 'TG_HOST_KEY_UNKNOWN',
      message: expect.stringContaining('bastion'),
    });
  });
});

test('other accounts and names are other connections', async () => {
  await withPool({}, async (pool, sshd) => {
    await pool.use(sshd.target('host1'), server);
    await pool.use(sshd.target('host2'), server);
    expect(logins(sshd)).toBe(2);
    await expect(pool.use(sshd.target('host1', { account: 'nobody' }), server)).rejects.toMatchObject({
      code: 'TG_AUTH_REFUSED',
    });
  });
});

test('a connection that died between two uses is replaced', async () => {
  await withPool({}, async (pool, sshd) => {
    const first = await pool.use(sshd.target(), server);
    sshd.killChildren();
    await pause(100);
    expect(await pool.use(sshd.target(), server)).not.toBe(first);
  });
});

test('a connection that dies in use is lost for its users only', async () => {
  await withPool({}, async (pool, sshd) => {
    await pool.use(sshd.target(), async (connection) => {
      const running = connection.exec('sleep 300', { timeoutMs });
      const outcome = expect(running).rejects.toMatchObject({ code: 'TG_CONNECTION_LOST', retryable: true });
      await exec(connection, 'true');
      sshd.killChildren();
      await outcome;
      expect(await pool.use(sshd.target(), (other) => exec(other, 'echo here'))).toBe('here');
    });
  });
});

test('a connection that hangs unnoticed is asked, found dead and replaced', async () => {
  await withPool({}, async (pool, sshd) => {
    await pool.use(sshd.target(), server);
    const frozen = sshd.children();
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    await pause(1_200);
    expect(await pool.use(sshd.target(), (connection) => exec(connection, 'echo here'))).toBe('here');
    expect(logins(sshd)).toBe(2);
  });
});

test('a host that hangs in the middle of a command is noticed by keepalive', async () => {
  await withPool(
    {},
    async (pool, sshd) => {
      await pool.use(sshd.target(), async (connection) => {
        const running = connection.exec('sleep 300', { timeoutMs: 60_000 });
        await exec(connection, 'true');
        for (const pid of sshd.children()) process.kill(pid, 'SIGSTOP');
        await expect(running).rejects.toMatchObject({
          code: 'TG_CONNECTION_LOST',
          message: expect.stringContaining('Keepalive timeout'),
        });
      });
    },
    { keepaliveMs: 200 },
  );
});

test('an idle connection is closed, and the next use opens a new one', async () => {
  await withPool(
    {},
    async (pool, sshd) => {
      await pool.use(sshd.target(), server);
      while (sshd.children().length > 0) await pause(20);
      await pool.use(sshd.target(), server);
      expect(logins(sshd)).toBe(2);
    },
    { idleMs: 100 },
  );
});

test('100 connections to one sshd pass its MaxStartups: the ramp never has more than it lets in', async () => {
  await withPool({ config: ['MaxStartups 10:100:10'] }, async (pool, sshd) => {
    const names = Array.from({ length: 100 }, (_unused, index) => `host${index}`);
    const answers = await Promise.all(
      names.map((name) => pool.use(sshd.target(name), (open) => exec(open, `echo ${name}`))),
    );
    expect(answers).toEqual(names);
    expect(sshd.log()).not.toMatch(/MaxStartups/);
  });
});

test('connections that sshd drops before they speak are tried again', async () => {
  const addresses = Array.from({ length: 14 }, (_unused, index) => `127.0.7.${index + 2}`);
  const port = 20_000 + (process.pid % 20_000);
  const config = [...addresses.map((each) => `ListenAddress ${each}:${port}`), 'MaxStartups 10:100:10'];
  await withPool({ config, port }, async (pool, sshd) => {
    const targets = Array.from({ length: 100 }, (_unused, index) =>
      sshd.target(`host${index}`, { address: addresses[index % 14]! }),
    );
    const answers = await Promise.all(targets.map((to) => pool.use(to, (open) => exec(open, 'echo here'))));
    expect(answers.filter((answer) => answer === 'here')).toHaveLength(100);
    expect(sshd.log()).toMatch(/MaxStartups/);
  });
});

describe('through jump hosts', () => {
  test('hosts behind a bastion share its one connection, and two bastions make a chain', async () => {
    await withPool({}, async (_direct, sshd) => {
      const far = await Sshd.start({ address: '127.0.8.2' });
      const inner = await Sshd.start({ address: '127.0.8.3' });
      const own = new Pool({
        key: await sshd.key(),
        knownHosts: sshd.knownHosts([sshd, far, inner].map((one) => one.knownHostsLine())),
      });
      for (const one of [far, inner]) one.trust(sshd);
      try {
        const jump = sshd.target('bastion');
        const names = Array.from({ length: 30 }, (_unused, index) => `host${index}`);
        await Promise.all(
          names.map((name) => own.use(far.target(name, { jump }), (open) => exec(open, 'true'))),
        );
        expect([logins(sshd), logins(far)]).toEqual([1, 30]);
        const chained = inner.target('deep', { jump: far.target('host0', { jump }) });
        expect(await own.use(chained, (open) => exec(open, 'echo $SSH_CONNECTION'))).toMatch(
          /^127.0.8.2|^127\./,
        );
        expect([logins(sshd), logins(far), logins(inner)]).toEqual([1, 30, 1]);
        sshd.killChildren();
        await pause(200);
        expect(await own.use(chained, (open) => exec(open, 'echo again'))).toBe('again');
      } finally {
        await own.closeAll();
        await far.stop();
        await inner.stop();
      }
    });
  });

  test('a bastion that fails is named in the error of each host behind it', async () => {
    await withPool({}, async (pool, sshd) => {
      const jump: Target = { ...sshd.target('bastion'), address: '127.77.1.1' };
      await expect(pool.use(sshd.target('zlx230', { jump }), server)).rejects.toMatchObject({
        code: 'TG_HOST_UNREACHABLE',
        message: expect.stringMatching(/^zlx230 .* through bastion: its jump host failed: bastion .*refused/),
        facts: { hosts: ['zlx230'] },
      });
    });
  });

  test('a host that the bastion cannot reach, and one with a changed key behind it, are named', async () => {
    await withPool({}, async (pool, sshd) => {
      const jump = sshd.target('bastion');
      const gone = sshd.target('gone', { jump, address: '127.77.1.1' });
      await expect(pool.use(gone, server)).rejects.toMatchObject({
        code: 'TG_HOST_UNREACHABLE',
        message: expect.stringContaining('bastion could not connect to it'),
      });
      const other = await Sshd.start({ address: '127.0.8.4' });
      await expect(pool.use(other.target('other', { jump }), server)).rejects.toMatchObject({
        code: 'TG_HOST_KEY_CHANGED',
      });
      await other.stop();
    });
  });
});

test('closing the pool gives up handshakes under way, ends commands and refuses new uses', async () => {
  const tarpit = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => tarpit.listen(0, '127.0.0.1', resolve));
  const address = tarpit.address();
  await withPool({}, async (pool, sshd) => {
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const stuck = expect(pool.use(sshd.target('stuck', { port }), server)).rejects.toMatchObject({
      code: 'TG_HOST_UNREACHABLE',
    });
    let begins = () => {};
    const begun = new Promise<void>((resolve) => {
      begins = resolve;
    });
    const busy = expect(
      pool.use(sshd.target(), (open) =>
        open.exec('echo begun; exec sleep 300', { timeoutMs, onStdout: () => begins() }),
      ),
    ).rejects.toMatchObject({ code: 'TG_CONNECTION_LOST' });
    await begun;
    const before = performance.now();
    await pool.closeAll();
    expect(performance.now() - before).toBeLessThan(5_000);
    await Promise.all([stuck, busy]);
    await expect(pool.use(sshd.target(), server)).rejects.toThrow(/the worker is stopping/);
  });
  await new Promise((resolve) => tarpit.close(resolve));
});
