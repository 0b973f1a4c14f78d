import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../../store/home';
import type { Finding } from '../../workers/doctor/finding';
import { examineHome } from '../../workers/doctor/home';
import { examineMachine } from '../../workers/doctor/machine';
import { quietRuntime, runWorker } from '../../workers/run';
import { startTestTemporal, type TestTemporal, temporaryHome } from '../support/temporal';

quietRuntime(() => {});

let home: Home;
let remove: () => void;
const path = process.env.PATH;
beforeEach(() => {
  ({ home, remove } = temporaryHome());
});
afterEach(() => {
  process.env.PATH = path;
  delete process.env.TIDEGATE_CACHE;
  remove();
});

test('On a machine that setup has been through, nothing is missing', async () => {
  expect((await examineMachine()).filter(({ state }) => state !== 'good')).toEqual([]);
});

test('Each program that is missing comes with the command that mends it', async () => {
  process.env.PATH = home.folder;
  process.env.TIDEGATE_CACHE = home.folder;
  const missing = (await examineMachine()).filter(({ state }) => state === 'missing');
  expect(missing.map(({ thing }) => thing)).toEqual([
    'temporal',
    'flock',
    'ssh-keygen',
    'rpm',
    'rpmsign',
    'gpg',
  ]);
  expect(new Set(missing.map(({ mend }) => mend))).toEqual(new Set(['sh lab/setup.sh']));
});

test('A folder that is no home leads to init', async () => {
  expect(await examineHome(home)).toMatchObject([
    { thing: 'home', state: 'missing', mend: expect.stringContaining('tidegate init') },
  ]);
});

test('A home with everything wrong says so thing by thing, each with what mends it', async () => {
  furnish(home);
  chmodSync(join(home.keys, 'automation'), 0o644);
  chmodSync(home.state, 0o755);
  const findings = await examineHome(home);
  expect(states(findings)).toMatchObject({
    home: 'missing',
    'fleet.yaml': 'good',
    key: 'missing',
    known_hosts: 'good',
    server: 'missing',
    worker: 'missing',
  });
  expect(findings.find(({ thing }) => thing === 'key')).toMatchObject({
    found: expect.stringContaining('TG_KEY_FILE_OPEN'),
    mend: expect.stringContaining('chmod'),
  });
  expect(findings.find(({ thing }) => thing === 'home')?.mend).toBe(`chmod 700 ${home.state}`);
});

test('A fleet.yaml with an unknown key is named with its line', async () => {
  furnish(home);
  writeFileSync(home.fleetFile, 'fleet: examined\nhostz: {}\n');
  const finding = (await examineHome(home)).find(({ thing }) => thing === 'fleet.yaml');
  expect(finding).toMatchObject({ state: 'missing', found: expect.stringMatching(/TG_FILE_INVALID.*:2/s) });
});

test('Nobody can start or approve without a key in allowedSigners, or when anybody can add one', async () => {
  furnish(home);
  const file = join(home.folder, 'allowed_signers');
  const signers = async () => (await examineHome(home)).find(({ thing }) => thing === 'signers');
  expect(await signers()).toMatchObject({ state: 'remark' });
  appendFileSync(home.fleetFile, 'allowedSigners: allowed_signers\n');
  expect(await signers()).toMatchObject({ state: 'missing', mend: expect.stringContaining(`>>${file}`) });
  writeFileSync(file, '# anna@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\n\n');
  expect(await signers()).toMatchObject({ state: 'missing', found: expect.stringContaining('no key in') });
  const key = readFileSync(join(home.keys, 'automation.pub'), 'utf8');
  appendFileSync(file, `anna@example.org ${key}bert namespaces="tidegate",valid-before="20990101" ${key}`);
  chmodSync(file, 0o664);
  expect(await signers()).toMatchObject({ state: 'missing', mend: `chmod go-w ${file}` });
  chmodSync(file, 0o644);
  expect(await signers()).toMatchObject({ state: 'good', found: `2 keys in ${file}` });
});

describe('with a server', () => {
  let temporal: TestTemporal;
  beforeAll(async () => {
    temporal = await startTestTemporal();
    furnish(temporal.home);
  });
  afterAll(() => temporal.stop());

  test('server and worker are good while they run', async () => {
    expect(states(await examineHome(temporal.home))).toMatchObject({ server: 'good', worker: 'missing' });
    const worker = await runWorker(temporal.home);
    expect(states(await examineHome(temporal.home))).toMatchObject({ server: 'good', worker: 'good' });
    worker.stop();
    await worker.ended;
  });
});

function states(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ thing, state }) => [thing, state]));
}

function furnish({ keys, folder, fleetFile }: Home): void {
  mkdirSync(keys, { mode: 0o700 });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, 'automation')]);
  writeFileSync(join(folder, 'known_hosts'), '');
  writeFileSync(fleetFile, 'fleet: examined\nplatform: p1\nhosts:\n  web1: { address: 127.0.0.1 }\n');
}
