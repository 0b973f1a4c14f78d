import { Readable } from 'node:stream';
import { connect } from '../../ssh/connect';
import type { SshConnection } from '../../ssh/connection';
import { Sshd } from '../support/sshd';

let sshd: Sshd;
let connection: SshConnection;
const timeoutMs = 30_000;

jest.setTimeout(120_000);

beforeAll(async () => {
  sshd = await Sshd.start();
});
afterAll(() => sshd.stop());

beforeEach(async () => {
  connection = await connect(sshd.target(), {
    key: await sshd.key(),
    knownHosts: sshd.knownHosts(),
    connectTimeoutMs: 5_000,
    handshakeTimeoutMs: 5_000,
    keepaliveMs: 15_000,
  });
});
afterEach(async () => {
  connection.close();
  await connection.ended;
});

test('a command gives its exit code and both streams', async () => {
  const result = await connection.exec('printf out; printf err >&2; exit 7', { timeoutMs });
  expect(result).toEqual({
    code: 7,
    stdout: Buffer.from('out'),
    stderr: Buffer.from('err'),
    stdoutBytes: 3,
    stderrBytes: 3,
  });
});

test('a command ended by a signal has no code but the name of the signal', async () => {
  const result = await connection.exec('kill -TERM $$', { timeoutMs });
  expect(result).toMatchObject({ code: null, signal: 'SIGTERM' });
});

test('binary input of any size comes back unchanged', async () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_unused, index) => (index * 7919) % 256));
  const result = await connection.exec('cat', { stdin: bytes, timeoutMs, capBytes: bytes.length });
  expect(result.stdout.equals(bytes)).toBe(true);
  const streamed = await connection.exec('cat', { stdin: Readable.from([bytes]), timeoutMs, capBytes: 5 });
  expect(streamed.stdoutBytes).toBe(bytes.length);
});

test('a command that does not read its input ends all the same, and the stream is destroyed', async () => {
  const stdin = Readable.from([Buffer.alloc(20_000_000)]);
  const result = await connection.exec('exit 3', { stdin, timeoutMs });
  expect(result.code).toBe(3);
  expect(stdin.destroyed).toBe(true);
});

test('100 MB on one line are drained, counted, and kept up to the cap', async () => {
  const result = await connection.exec('head -c 100000000 /dev/zero; head -c 10 /dev/zero >&2', {
    timeoutMs,
    capBytes: 1000,
  });
  expect(result).toMatchObject({ code: 0, stdoutBytes: 100_000_000, stderrBytes: 10 });
  expect(result.stdout).toHaveLength(1000);
});

test('a command past its timeout is left running, and the connection stays usable', async () => {
  let pid = '';
  const hanging = connection.exec('echo $$; exec sleep 301', {
    timeoutMs: 500,
    onStdout: (chunk) => {
      pid += chunk.toString().trim();
    },
  });
  await expect(hanging).rejects.toMatchObject({ code: 'TG_EXEC_TIMEOUT', facts: { hosts: ['host1'] } });
  const alive = await connection.exec(`kill -0 ${pid}`, { timeoutMs });
  expect(alive.code).toBe(0);
});

test('an aborted command rejects with the reason of the signal', async () => {
  const controller = new AbortController();
  const running = connection.exec('sleep 300', { timeoutMs, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('paused by anna')), 100);
  await expect(running).rejects.toThrow('paused by anna');
  await expect(connection.exec('true', { timeoutMs, signal: controller.signal })).rejects.toThrow(
    'paused by anna',
  );
});

test('fifty commands at once on one connection all end: sshd allows ten sessions', async () => {
  const results = await Promise.all(
    Array.from({ length: 50 }, (_unused, index) => connection.exec(`exit ${index}`, { timeoutMs })),
  );
  expect(results.map((result) => result.code)).toEqual(results.map((_result, index) => index));
});

test('the connection killed in the middle of a command is TG_CONNECTION_LOST for it and for those waiting', async () => {
  const running = Array.from({ length: 10 }, () => connection.exec('sleep 300', { timeoutMs }));
  const outcomes = Promise.allSettled(running);
  await connection.exec('true', { timeoutMs: 200 }).catch(() => undefined);
  sshd.killChildren();
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { code: 'TG_CONNECTION_LOST', facts: { hosts: ['host1'] } },
    });
  expect(connection.closed).toBe(true);
  await expect(connection.exec('true', { timeoutMs })).rejects.toMatchObject({ code: 'TG_CONNECTION_LOST' });
});

test('a host that floods both streams is cut by the timeout while others go on', async () => {
  const flood = connection.exec('yes & yes >&2', { timeoutMs: 1500, capBytes: 1000 });
  const outcome = expect(flood).rejects.toMatchObject({ code: 'TG_EXEC_TIMEOUT' });
  const other = await connection.exec('echo here', { timeoutMs: 1400 });
  expect(other.stdout.toString()).toBe('here\n');
  await outcome;
});

test('output held open by a process left behind does not hold the command', async () => {
  const before = performance.now();
  const result = await connection.exec('sleep 302 & exit 4', { timeoutMs });
  expect(result.code).toBe(4);
  expect(performance.now() - before).toBeLessThan(timeoutMs);
});

test('stdout is seen as it comes, and an error in the watcher ends the command', async () => {
  const seen: string[] = [];
  await connection.exec('echo one; echo two', {
    timeoutMs,
    onStdout: (chunk) => seen.push(chunk.toString()),
  });
  expect(seen.join('')).toBe('one\ntwo\n');
  const failing = connection.exec('echo one; sleep 300', {
    timeoutMs,
    onStdout: () => {
      throw new Error('cannot parse');
    },
  });
  await expect(failing).rejects.toThrow('cannot parse');
});

test.each([
  ['longer than a command may be quiet after its end', 6_000, timeoutMs],
  ['past the timeout', 1_500, 700],
])('a reader that is slow, %s, loses nothing of what came', async (_how, slowMs, limitMs) => {
  let taken = 0;
  const result = await connection.exec('head -c 1500000 /dev/zero', {
    timeoutMs: limitMs,
    capBytes: 0,
    onStdout: (chunk) => {
      const slow = taken === 0;
      taken += chunk.length;
      return slow ? new Promise((resolve) => setTimeout(resolve, slowMs)) : undefined;
    },
  });
  expect({ code: result.code, taken, counted: result.stdoutBytes }).toEqual({
    code: 0,
    taken: 1_500_000,
    counted: 1_500_000,
  });
});
