import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flock, withLock } from '../../store/flock';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-flock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

test('shared locks stand side by side, an exclusive one stands alone, and closing the file frees it', async () => {
  const [one, two] = [await open(path, 'a'), await open(path, 'a')];
  const now = { waitSeconds: 0 };
  expect([await flock(one, 'shared', now), await flock(two, 'shared', now)]).toEqual([true, true]);
  expect(await flock(one, 'exclusive', now)).toBe(false);
  expect(await flock(two, 'exclusive', now)).toBe(true);
  expect(await flock(one, 'shared', now)).toBe(false);
  await two.close();
  expect(await flock(one, 'exclusive', now)).toBe(true);
  await one.close();
});

test('a wait ends when it is told to stop, also when that was before it began', async () => {
  const [one, two] = [await open(path, 'a'), await open(path, 'a')];
  expect(await flock(one, 'exclusive')).toBe(true);
  const stop = new AbortController();
  const waiting = flock(two, 'exclusive', { stop: stop.signal });
  stop.abort();
  expect(await waiting).toBe(false);
  expect(await flock(two, 'exclusive', { stop: stop.signal })).toBe(false);
  await one.close();
  await two.close();
});

test('work under one lock is done one after the other, and whoever waits is told', async () => {
  const story: string[] = [];
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let first = Promise.resolve();
  await new Promise<void>((inside) => {
    first = withLock(path, async () => {
      inside();
      await held;
      story.push('first');
    });
  });
  const onWait = () => {
    story.push('waits');
    letGo();
  };
  await withLock(path, async () => void story.push('second'), { onWait });
  await first;
  expect(story).toEqual(['waits', 'first', 'second']);
});

test('a lock that another process keeps is told of after the time that was given', async () => {
  const other = spawn('flock', [path, 'sh', '-c', 'echo locked; read -r _'], { stdio: 'pipe' });
  await once(other.stdout, 'data');
  let worked = false;
  const work = async () => {
    worked = true;
  };
  await expect(withLock(path, work, { waitSeconds: 0.2 })).rejects.toMatchObject({
    code: 'TG_INTERNAL',
    message: `another process has kept ${path} locked for 0.2 s`,
  });
  expect(worked).toBe(false);
  other.stdin.end();
  await once(other, 'close');
  await withLock(path, work);
  expect(worked).toBe(true);
});
