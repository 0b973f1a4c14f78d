import type { ChildProcess } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { flock } from '../../store/flock';
import { type Holder, lockHolder, lockState } from '../../store/lock';
import { kill, linesOf, startTypeScript } from '../support/child';

const me = { machine: 'here', pid: process.pid, since: '2026-03-02T23:00:00Z', command: 'a test' };
let folder: string;
let lockFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-lock-'));
  lockFile = join(folder, 'state/lock');
});
afterEach(() => rm(folder, { recursive: true }));

async function whileAnotherHolds(work: (holder: ChildProcess) => Promise<void>): Promise<void> {
  const child = startTypeScript(join(__dirname, 'locking-process.ts'), lockFile);
  try {
    const first = await linesOf(child)[Symbol.asyncIterator]().next();
    expect(first.value).toBe('locked');
    await work(child);
  } finally {
    await kill(child);
  }
}

test('a second worker is refused and told who holds the state', async () => {
  await whileAnotherHolds(async (holder) => {
    await expect(lockState(lockFile, me)).rejects.toMatchObject({
      code: 'TG_WORKER_RUNNING',
      message: expect.stringContaining(`process ${holder.pid} (tidegate worker) of elsewhere`),
      next: expect.stringContaining(`kill ${holder.pid}`),
    });
    expect(await lockHolder(lockFile)).toMatchObject({ pid: holder.pid, command: 'tidegate worker' });
  });
}, 20_000);

test('what holds the lock without words of ours is not ended by its number', async () => {
  await (await lockState(lockFile, me)).release();
  const foreign = await open(lockFile, 'r');
  expect(await flock(foreign, 'exclusive')).toBe(true);
  await expect(lockState(lockFile, me)).rejects.toMatchObject({
    message: `a program other than Tidegate holds ${lockFile}`,
    next: `fuser -v ${lockFile} ; or to wait for it: tidegate worker --standby`,
  });
  await foreign.close();
}, 20_000);

test('a stopped process keeps the lock', async () => {
  await whileAnotherHolds(async (holder) => {
    holder.kill('SIGSTOP');
    await expect(lockState(lockFile, me)).rejects.toMatchObject({ code: 'TG_WORKER_RUNNING' });
  });
}, 20_000);

test('a killed process leaves it to the next one, whose words replace its own', async () => {
  await whileAnotherHolds(async (holder) => {
    await kill(holder);
    expect(await lockHolder(lockFile)).toBeUndefined();
    const lock = await lockState(lockFile, me);
    expect(await lockHolder(lockFile)).toEqual(me);
    await lock.release();
  });
}, 20_000);

test('is free again after release, and one process cannot take it twice', async () => {
  expect(await lockHolder(lockFile)).toBeUndefined();
  const lock = await lockState(lockFile, me);
  await expect(lockState(lockFile, me)).rejects.toMatchObject({ code: 'TG_WORKER_RUNNING' });
  await lock.release();
  expect(await lockHolder(lockFile)).toBeUndefined();
  await (await lockState(lockFile, me)).release();
});

test('people who look are waited for, however long it takes them, and keep no worker from starting', async () => {
  await (await lockState(lockFile, me)).release();
  const look = await open(lockFile, 'r');
  expect(await flock(look, 'shared')).toBe(true);
  let settled = false;
  const taking = lockState(lockFile, me).finally(() => {
    settled = true;
  });
  // Much longer than somebody who holds it is given.
  await Promise.race([sleep(2_000), taking]);
  expect(settled).toBe(false);
  await look.close();
  const lock = await taking;
  expect(await lockHolder(lockFile)).toEqual(me);
  await lock.release();
}, 20_000);

test('who stands by is told for whom, and has the lock when that process is killed', async () => {
  await whileAnotherHolds(async (holder) => {
    let told: (other: Holder) => void = () => {};
    const waitsFor = new Promise<Holder>((resolve) => {
      told = resolve;
    });
    const taken = lockState(lockFile, me, { stop: new AbortController().signal, waits: told });
    expect(await waitsFor).toMatchObject({ pid: holder.pid, machine: 'elsewhere' });
    // Who looks meanwhile sees the holder, and not who waits.
    expect(await lockHolder(lockFile)).toMatchObject({ pid: holder.pid });
    await kill(holder);
    const lock = await taken;
    expect(await lockHolder(lockFile)).toEqual(me);
    await lock.release();
  });
}, 20_000);

test('who stands by and is told to stop leaves the lock where it is', async () => {
  await whileAnotherHolds(async (holder) => {
    const stop = new AbortController();
    const taken = lockState(lockFile, me, { stop: stop.signal, waits: () => stop.abort() });
    await expect(taken).rejects.toMatchObject({ code: 'TG_WORKER_RUNNING' });
    await kill(holder);
    expect(await lockHolder(lockFile)).toBeUndefined();
  });
}, 20_000);
