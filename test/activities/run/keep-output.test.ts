import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutputKeep, roomFor } from '../../../activities/run/keep-output';
import { Files } from '../../../store/files';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-keep-'));
const files = new Files(folder);
afterAll(() => rmSync(folder, { recursive: true }));

async function keep(room: { leftBytes: number }, ...chunks: Buffer[]) {
  const output = new OutputKeep(files, room);
  for (const chunk of chunks) await output.add(chunk);
  return output.end();
}

test('hosts of a run share the room in the store: what goes beyond is cut, counted and marked', async () => {
  const room = { leftBytes: 150_000 };
  const hundred = Buffer.alloc(100_000, 'a');
  expect(await keep(room, hundred)).toEqual({ bytes: 100_000, file: expect.any(String) });
  const half = await keep(room, Buffer.alloc(40_000, 'b'), Buffer.alloc(60_000, 'b'), hundred);
  expect(half).toEqual({ bytes: 200_000, file: expect.any(String), cut: true });
  expect(await files.sizeBytes(half.file!)).toBe(50_000);
  const none = await keep(room, hundred, hundred);
  expect(none).toEqual({ bytes: 200_000, text: '', cut: true });
  const short = await keep(room, Buffer.alloc(3000, 'c'));
  expect(short).toEqual({ bytes: 3000, text: 'c'.repeat(1024), cut: true });
  expect(await keep(room, Buffer.from('a line\n'))).toEqual({ bytes: 7, text: 'a line\n' });
});

test('one run never takes more than half of what is free, and a command’s output 4 GiB', async () => {
  const half = Math.floor((await files.freeBytes()) / 2);
  const run = await roomFor(files, { verb: 'run', command: 'x', environment: {} }, 1000);
  expect(run.leftBytes).toBeLessThanOrEqual(4 * 2 ** 30 - 1000);
  const pull = await roomFor(files, { verb: 'pull', from: '/x' }, 2 ** 40);
  expect(pull.leftBytes).toBeGreaterThan(half * 0.5);
  expect((await roomFor(files, { verb: 'run', command: 'x', environment: {} }, 2 ** 40)).leftBytes).toBe(0);
});
