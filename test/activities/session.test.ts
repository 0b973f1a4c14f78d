import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import type { OperationCall } from '../../activities/rollout/remote';
import { Session } from '../../activities/rollout/session';
import type { ExecOptions, ExecResult } from '../../ssh/connection';
import type { Hosts } from '../../ssh/hosts';
import { Files } from '../../store/files';
import { sha256 } from '../support/operation';
import { makeRpm } from '../support/packages';
import { Sandbox } from '../support/sandbox';

/** The shell of a session and what it leaves on a host, without the way there: a sandbox, and its own /bin/sh. */
let sandbox: Sandbox;
let folder: string;
let files: Files;
/** How often somebody logged in. */
let logins: number;

const target = { name: 'sandbox', address: '127.0.0.1', port: 22, account: 'root' };
const request = "before 'echo ran >>/var/tmp/ran'\n";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-session-'));
  files = new Files(join(folder, 'files'));
  sandbox = await Sandbox.start();
});

afterAll(() => {
  sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  logins = 0;
  pace = 0;
  sandbox.run('rm -rf /var/lib/tidegate /var/tmp/ran');
});

test('an operation begins in the session in which its host was looked at', async () => {
  const session = await look();
  let begun = 0;
  expect(await session.begin({ ...call('a1'), onBegun: () => begun++ })).toMatchObject({ outcome: 'ok' });
  expect({ logins, begun, ran: ran() }).toEqual({ logins: 1, begun: 1, ran: 'ran\n' });
});

test('whoever leaves has begun nothing, its packages are gone, and it begins later in another session', async () => {
  const session = await look();
  await session.leave();
  expect(sandbox.run('cd /var/lib/tidegate; ls operations stage').out).toBe('operations:\n\nstage:\n');
  expect(await session.begin(call('a1'))).toMatchObject({ state: 'done', outcome: 'ok' });
  expect({ logins, ran: ran() }).toEqual({ logins: 2, ran: 'ran\n' });
});

test('a session that is cut before its operation was said begins nothing', async () => {
  await look();
  cut();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(sandbox.run('ls /var/lib/tidegate/operations').out).toBe('');
  expect(sandbox.run('ls /var/lib/tidegate/stage').out).toMatch(/^[0-9a-f]{64}\.rpm\n$/);
});

test('a request that did not arrive whole is not begun', async () => {
  const session = await look();
  const whole = { ...call('a1'), requestDigest: sha256(`${request}${request}`) };
  expect(await session.begin(whole)).toMatchObject({ refused: { code: 'TG_STAGE_DAMAGED' } });
  expect(ran()).toBe('');
});

test('a slow line is no silent host: a session goes on as long as bytes do', async () => {
  pace = 60;
  const bytes = Buffer.alloc(64 * chunkBytes, 'x');
  await files.put(bytes);
  const session = new Session({ hosts, files }, target, {
    rpms: [{ sha256: sha256(bytes), sizeBytes: bytes.length } as never],
    names: ['tgtest'],
    mode: 'keep',
    silentMs: (64 * pace) / 2,
    connectTimeoutMs: 1_000,
  });
  expect(await session.answer).toMatchObject({ complete: true, head: 'none' });
  await session.leave();
});

test('a host that takes no more is given up after that long', async () => {
  pace = Number.POSITIVE_INFINITY;
  await expect(look({ silentMs: 100 })).rejects.toMatchObject({ code: 'TG_EXEC_TIMEOUT' });
});

async function look(given: { silentMs?: number } = {}): Promise<Session> {
  const bytes = readFileSync(await makeRpm(folder, { name: 'tgtest', version: '1.0' }));
  await files.put(bytes);
  const rpm = { sha256: sha256(bytes), sizeBytes: bytes.length } as never;
  const limits = { silentMs: 20_000, connectTimeoutMs: 1_000 };
  const session = new Session({ hosts, files }, target, {
    rpms: [rpm],
    names: ['tgtest'],
    mode: 'keep',
    ...limits,
    ...given,
  });
  expect(await session.answer).toMatchObject({ complete: true, absent: ['tgtest'], head: 'none' });
  return session;
}

const call = (operation: string): OperationCall => ({
  verb: 'BEGIN',
  operation,
  request,
  requestDigest: sha256(request),
  previous: 'none',
  epoch: 1,
  waitMs: 20_000,
  connectTimeoutMs: 1_000,
});

const ran = () => sandbox.run('cat /var/tmp/ran 2>/dev/null').out;

let cut: () => void;

/** What the line takes at once; and how long it takes for it, in ms. */
const chunkBytes = 64 * 1024;
let pace: number;

const line = () =>
  new Transform({
    highWaterMark: chunkBytes,
    transform(chunk, _, done) {
      if (pace === 0) done(null, chunk);
      else if (Number.isFinite(pace)) setTimeout(done, pace, null, chunk);
    },
  });

const hosts: Hosts = {
  use: (_, work) =>
    work({
      target,
      closed: false,
      close() {},
      exec: (command, options) => exec(command.replace(/^sudo -n /, ''), options),
    }),
};

function exec(command: string, { stdin, onStdout, signal }: ExecOptions): Promise<ExecResult> {
  logins += 1;
  return new Promise((resolve, reject) => {
    const child = spawn('nsenter', [...sandbox.entrance(), '/bin/sh', '-c', command], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
    });
    cut = () => child.stdin.destroy();
    signal?.addEventListener('abort', () => {
      child.kill();
      reject(signal.reason);
    });
    const said: Buffer[] = [];
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => {
      said.push(chunk);
      onStdout?.(chunk);
    });
    child.stderr.resume();
    child.on('close', (code) => {
      const stdout = Buffer.concat(said);
      resolve({ code, stdout, stderr: Buffer.alloc(0), stdoutBytes: stdout.length, stderrBytes: 0 });
    });
    if (stdin instanceof Readable) stdin.pipe(line()).pipe(child.stdin);
    else child.stdin.end(stdin);
  });
}
