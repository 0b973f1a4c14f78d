import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunStream, RunStreamReader, removeRunStream } from '../../store/run-stream';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-stream-'));
const path = join(folder, 'streams', 'run-1.jsonl');
afterAll(() => rmSync(folder, { recursive: true }));

async function read(reader: RunStreamReader): Promise<string> {
  let text = '';
  for await (const { host, bytes } of reader.follow(() => true)) text += `${host}:${bytes}`;
  return text;
}

test('who watches from the start loses nothing, though the file is removed at the end of the run', async () => {
  const reader = await RunStreamReader.open(folder, 'run-1');
  const stream = await RunStream.open(folder, 'run-1');
  await stream.write('web001', 'stdout', Buffer.from('one\n'));
  await stream.end();
  await removeRunStream(folder, 'run-1');
  expect(existsSync(path)).toBe(false);
  expect(await read(reader)).toBe('web001:one\n');
});

test('a line that a killed worker tore hides nothing of the next worker’s', async () => {
  const reader = await RunStreamReader.open(folder, 'run-1');
  appendFileSync(path, '{"host":"web001","stream":"std');
  const stream = await RunStream.open(folder, 'run-1');
  await stream.write('web002', 'stdout', Buffer.from('two\n'));
  await stream.end();
  expect(await read(reader)).toBe('web002:two\n');
  expect(existsSync(path)).toBe(false);
});

test('a flood fills no disk: beyond its bytes it says so once', async () => {
  const reader = await RunStreamReader.open(folder, 'run-1');
  const stream = await RunStream.open(folder, 'run-1', 10);
  for (let i = 0; i < 5; i += 1) await stream.write('web001', 'stdout', Buffer.from('12345678'));
  await stream.end();
  expect(await read(reader)).toMatch(/^web001:12345678web001:\n\(more is printed .*\)\n$/);
});

test('hosts that wait for the disk share one wait, and leave no listeners', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  const stream = await RunStream.open(folder, 'run-1');
  const waits = Array.from({ length: 50 }, () => stream.write('web001', 'stdout', Buffer.alloc(100_000)));
  await Promise.all(waits);
  await new Promise(setImmediate);
  await stream.end();
  process.off('warning', warn);
  expect(new Set(waits.filter(Boolean)).size).toBe(1);
  expect(warnings).toEqual([]);
});
