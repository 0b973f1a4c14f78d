import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../../store/home';
import { lockHolder } from '../../store/lock';
import { quietRuntime, runWorker } from '../../workers/run';
import { startTestTemporal, type TestTemporal, temporaryHome } from '../support/temporal';

quietRuntime(() => {});

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await startTestTemporal();
  furnish(temporal.home);
});
afterAll(() => temporal.stop());

test('A worker holds the state while it runs, refuses a second one, and lets go when it is stopped', async () => {
  const worker = await runWorker(temporal.home);
  expect(await lockHolder(temporal.home.lockFile)).toMatchObject({ pid: process.pid });
  await expect(runWorker(temporal.home)).rejects.toMatchObject({
    code: 'TG_WORKER_RUNNING',
    message: expect.stringContaining(String(process.pid)),
  });
  worker.stop();
  await worker.ended;
  expect(await lockHolder(temporal.home.lockFile)).toBeUndefined();
});

test('A worker that is stopped can be followed by another at once', async () => {
  for (let turn = 0; turn < 2; turn++) {
    const worker = await runWorker(temporal.home);
    worker.stop();
    await worker.ended;
  }
});

test('A worker that cannot reach Temporal says so and lets go of the state', async () => {
  const { home, remove } = temporaryHome();
  furnish(home);
  await expect(runWorker(home)).rejects.toMatchObject({ code: 'TG_TEMPORAL_UNREACHABLE' });
  expect(await lockHolder(home.lockFile)).toBeUndefined();
  remove();
});

test('A worker whose key others can read does not start, and holds nothing', async () => {
  const { home, remove } = temporaryHome();
  furnish(home);
  execFileSync('chmod', ['644', join(home.keys, 'automation')]);
  writeFileSync(
    home.temporalAddressFile,
    JSON.stringify({ address: temporal.server.address, uiUrl: '', namespace: 'tidegate', pid: 1 }),
  );
  await expect(runWorker(home)).rejects.toMatchObject({ code: 'TG_KEY_FILE_OPEN' });
  expect(await lockHolder(home.lockFile)).toBeUndefined();
  remove();
});

test('The state of a worker that was killed is free at once', async () => {
  const { home, remove } = temporaryHome();
  const dead = spawn('flock', ['-x', home.lockFile, 'sleep', '60'], { detached: true, stdio: 'ignore' });
  await once(dead, 'spawn');
  while ((await lockHolderOrUnnamed(home)) === 'free') await new Promise(setImmediate);
  process.kill(-dead.pid!, 'SIGKILL');
  await once(dead, 'exit');
  expect(await lockHolderOrUnnamed(home)).toBe('free');
  remove();
});

/** flock(1) does not write who it is, so a held lock has no holder to name. */
async function lockHolderOrUnnamed(home: Home): Promise<'free' | 'held'> {
  const probe = spawn('flock', ['-n', '-s', home.lockFile, 'true']);
  const [code] = await once(probe, 'exit');
  return code === 0 ? 'free' : 'held';
}

/** The least that a worker needs: a fleet, a key and no known hosts. */
function furnish(home: Home): void {
  mkdirSync(home.keys, { mode: 0o700 });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home.keys, 'automation')]);
  writeFileSync(join(home.folder, 'known_hosts'), '');
  writeFileSync(home.fleetFile, 'fleet: framed\nplatform: p1\nhosts:\n  web1: { address: 127.0.0.1 }\n');
}
