import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../../../store/home';
import { connectTemporal, findServer } from '../../../workers/temporal/connection';
import { freePorts } from '../../../workers/temporal/ports';
import { connectWorker } from '../../../workers/temporal/worker-connection';
import { startTestTemporal, type TestTemporal, temporaryHome } from '../../support/temporal';

/** What the issue allows until a person is told. */
const patienceMs = 3_000;

let home: Home;
let remove: () => void;
const environment = process.env;
beforeEach(() => {
  ({ home, remove } = temporaryHome());
  process.env = { ...environment, HOME: home.folder, XDG_CONFIG_HOME: home.folder };
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
});
afterEach(() => {
  process.env = environment;
  remove();
});

test('A home without a server is told what to type, within 3 s', async () => {
  await expectUnreachable(() => connectTemporal(home));
});

test.each(['connectTemporal', 'connectWorker'] as const)(
  'A server that does not answer is reported within 3 s by %s',
  async (how) => {
    const [port] = await freePorts(1);
    const address = {
      address: `127.0.0.1:${port}`,
      uiUrl: 'http://127.0.0.1',
      namespace: 'tidegate',
      pid: 1,
    };
    writeFileSync(home.temporalAddressFile, JSON.stringify(address));
    await expectUnreachable(() => (how === 'connectTemporal' ? connectTemporal(home) : connectWorker(home)));
  },
);

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

async function expectUnreachable(connect: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await expect(connect()).rejects.toMatchObject({ code: 'TG_TEMPORAL_UNREACHABLE', next: 'tidegate up' });
  expect(performance.now() - began).toBeLessThan(patienceMs);
}
