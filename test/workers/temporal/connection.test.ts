import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Home } from '../../../store/home';
import { connectTemporal, findServer } from '../../../workers/temporal/connection';
import { freePorts } from '../../../workers/temporal/ports';
import { connectWorker } from '../../../workers/temporal/worker-connection';
import { kill, linesOf, startTypeScript } from '../../support/child';
import { startTestTemporal, type TestTemporal, temporaryHome } from '../../support/temporal';

/** What the issue allows until a person is told. */
const patienceMs = 3_000;

let home: Home;
let remove: () => void;
const environment = process.env;
const ends: (() => unknown)[] = [];
beforeEach(() => {
  ({ home, remove } = temporaryHome());
  process.env = { ...environment, HOME: home.folder, XDG_CONFIG_HOME: home.folder };
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
});
afterEach(async () => {
  process.env = environment;
  for (const end of ends.splice(0)) await end();
  remove();
});

test('A home without a server is told what to type, within 3 s', async () => {
  await expectUnreachable(() => connectTemporal(home));
});

describe.each(['connectTemporal', 'connectWorker'] as const)('%s', (how) => {
  const connect = () => (how === 'connectTemporal' ? connectTemporal(home) : connectWorker(home));

  test('says within 3 s that a server is gone', async () => {
    const [port] = await freePorts(1);
    leaveAddress(port!, 1);
    await expectUnreachable(connect, {
      message: /^no Temporal server answers at .*, and its process is gone$/,
    });
  });

  test('says within 3 s that a server hangs, and that who keeps it running starts it again', async () => {
    const port = await silentPort();
    const server = hangingServer();
    leaveAddress(port, server.pid!);
    const worker = await holding('tidegate up');
    await expectUnreachable(connect, {
      message: new RegExp(
        `process ${server.pid}\\) runs and does not answer; process ${worker.pid} \\(tidegate up`,
      ),
      next: new RegExp(`kill -KILL ${server.pid} `),
    });
  });

  test('names TEMPORAL_ADDRESS when it is that one that does not answer', async () => {
    process.env.TEMPORAL_ADDRESS = `127.0.0.1:${await silentPort()}`;
    await expectUnreachable(connect, {
      message: /which TEMPORAL_ADDRESS/,
      next: /TEMPORAL_ADDRESS=HOST:PORT/,
    });
  });
});

test('A worker without a server of its own is named: tidegate up would be refused beside it', async () => {
  const worker = await holding('tidegate worker');
  await expectUnreachable(() => connectTemporal(home), {
    message: /^no server runs for .*; process .* holds the home$/,
    next: new RegExp(`as process ${worker.pid} has it`),
  });
});

test('TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE go before the server of the home', async () => {
  process.env.TEMPORAL_ADDRESS = '127.0.0.1:1';
  process.env.TEMPORAL_NAMESPACE = 'elsewhere';
  expect(await findServer(home)).toMatchObject({
    options: { address: '127.0.0.1:1' },
    namespace: 'elsewhere',
  });
});

test('A TOML profile names the server, its TLS and its key', async () => {
  const profile = join(home.folder, 'temporal.toml');
  writeFileSync(profile, '[profile.prod]\naddress = "127.0.0.1:2"\nnamespace = "fleet"\napi_key = "k"\n');
  process.env.TEMPORAL_CONFIG_FILE = profile;
  process.env.TEMPORAL_PROFILE = 'prod';
  expect(await findServer(home)).toMatchObject({
    options: { address: '127.0.0.1:2', apiKey: 'k', tls: true },
    namespace: 'fleet',
  });
});

test('A TOML profile that cannot be read is an error of that file', async () => {
  process.env.TEMPORAL_CONFIG_FILE = join(home.folder, 'broken.toml');
  writeFileSync(process.env.TEMPORAL_CONFIG_FILE, '[profile.default\n');
  await expect(findServer(home)).rejects.toMatchObject({ code: 'TG_FILE_INVALID' });
});

describe('on a cluster that others run', () => {
  let temporal: TestTemporal;
  beforeAll(async () => {
    temporal = await startTestTemporal();
  });
  afterAll(() => temporal.stop());

  test('a worker makes the namespace and its search attributes when they are not there', async () => {
    process.env.TEMPORAL_ADDRESS = temporal.server.address;
    process.env.TEMPORAL_NAMESPACE = 'prepared';
    const { connection, native } = await connectWorker(home);
    try {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: 'prepared',
      });
      expect(customAttributes).toMatchObject({ TidegateFleet: 2, TidegateFailedHosts: 3 });
    } finally {
      await native.close();
      await connection.close();
    }
  });
});

/** What a server of the home writes when it starts. */
function leaveAddress(port: number, pid: number): void {
  const address = { address: `127.0.0.1:${port}`, uiUrl: 'http://127.0.0.1', namespace: 'tidegate', pid };
  writeFileSync(home.temporalAddressFile, JSON.stringify(address));
}

/** @returns a port that accepts and says nothing. */
async function silentPort(): Promise<number> {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  ends.push(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A process that looks like the server of this home, and does nothing. */
function hangingServer(): ChildProcess {
  const words = ['-e', 'setInterval(() => {}, 1_000_000)', home.temporalDatabase];
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  ends.push(() => kill(child));
  return child;
}

async function holding(command: string): Promise<ChildProcess> {
  const child = startTypeScript(join(__dirname, '../../store/locking-process.ts'), home.lockFile, command);
  ends.push(() => kill(child));
  await linesOf(child)[Symbol.asyncIterator]().next();
  return child;
}

async function expectUnreachable(
  connect: () => Promise<unknown>,
  { message = /./, next = /^tidegate up$/ }: { message?: RegExp; next?: RegExp } = {},
): Promise<void> {
  const began = performance.now();
  await expect(connect()).rejects.toMatchObject({
    code: 'TG_TEMPORAL_UNREACHABLE',
    message: expect.stringMatching(message),
    next: expect.stringMatching(next),
  });
  expect(performance.now() - began).toBeLessThan(patienceMs);
}
