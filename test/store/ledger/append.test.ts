import { appendFile, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../../../store/ledger';

let folder: string;
let ledger: Ledger;
const bookFile = (book = 'r-1') => join(folder, `${book}.log`);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-ledger-'));
  ledger = await Ledger.open(folder);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await ledger.close();
  await rm(folder, { recursive: true });
});

async function entriesOf(book = 'r-1'): Promise<object[]> {
  const entries: object[] = [];
  for await (const entry of ledger.read(book)) entries.push(entry);
  return entries;
}

/** The prototype that all file handles of this process share, to watch or to fail their real calls. */
async function fileHandles(): Promise<{
  datasync(): Promise<void>;
  write(...given: unknown[]): Promise<unknown>;
}> {
  const handle = await open(folder, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle);
}

test('gives back the entries of each book in the order of the appends', async () => {
  await Promise.all(Array.from({ length: 100 }, (_, n) => ledger.append(n % 2 ? 'odd' : 'even', { n })));
  await ledger.appendAll('odd', [{ n: 'é\n' }, { n: null }]);
  expect(await entriesOf('even')).toEqual(Array.from({ length: 50 }, (_, n) => ({ n: 2 * n })));
  expect((await entriesOf('odd')).slice(49)).toEqual([{ n: 99 }, { n: 'é\n' }, { n: null }]);
  expect(await ledger.books()).toEqual(['even', 'odd']);
  expect(await entriesOf('none')).toEqual([]);
});

test('writes a line that other programs can check: CRC-32 in hex, space, JSON', async () => {
  await ledger.append('r-1', { a: 1 });
  // printf '{"a":1}' | gzip -c | tail -c8 | od -An -tx4 -N4
  expect(await readFile(bookFile(), 'utf8')).toBe('561bacaf {"a":1}\n');
});

test('a thousand appends at once cost a few fdatasyncs', async () => {
  await ledger.append('r-1', { first: true });
  const datasync = jest.spyOn(await fileHandles(), 'datasync');
  await Promise.all(Array.from({ length: 1000 }, (_, n) => ledger.append('r-1', { n })));
  expect(datasync.mock.calls.length).toBeLessThanOrEqual(3);
  expect(await entriesOf()).toHaveLength(1001);
});

test('acknowledges nothing before its fdatasync has ended', async () => {
  const order: string[] = [];
  const handles = await fileHandles();
  const datasync = handles.datasync;
  jest.spyOn(handles, 'datasync').mockImplementation(async function (this: typeof handles) {
    await datasync.call(this);
    order.push('synced');
  });
  await ledger.append('r-1', { n: 1 });
  order.push('acknowledged');
  expect(order.slice(-2)).toEqual(['synced', 'acknowledged']);
});

test('a torn tail is no entry for readers and is cut by the next append', async () => {
  await ledger.append('r-1', { n: 1 });
  await ledger.close();
  await appendFile(bookFile(), '1234abcd {"n":');
  expect(await entriesOf()).toEqual([{ n: 1 }]);
  ledger = await Ledger.open(folder);
  await ledger.append('r-1', { n: 2 });
  expect(await entriesOf()).toEqual([{ n: 1 }, { n: 2 }]);
});

test('a book that was torn in its first line, at any byte, goes on', async () => {
  await ledger.append('r-1', { n: 1 });
  await ledger.close();
  const { size } = await stat(bookFile());
  const whole = await readFile(bookFile());
  for (let length = 0; length < size; length += 1) {
    await writeFile(bookFile(), whole);
    await truncate(bookFile(), length);
    ledger = await Ledger.open(folder);
    expect(await entriesOf()).toEqual([]);
    await ledger.append('r-1', { n: 2 });
    expect(await entriesOf()).toEqual([{ n: 2 }]);
    await ledger.close();
  }
});

test('a long torn tail is cut as well', async () => {
  await ledger.append('r-1', { n: 1 });
  await ledger.close();
  await appendFile(bookFile(), Buffer.alloc(300_000));
  expect(await entriesOf()).toEqual([{ n: 1 }]);
  ledger = await Ledger.open(folder);
  await ledger.append('r-1', { n: 2 });
  expect(await entriesOf()).toEqual([{ n: 1 }, { n: 2 }]);
});

test.each([
  ['the first line', 1],
  ['a line in the middle', 500],
  ['the last line', 1000],
])('a byte that changed in %s is found, with file and line', async (_what, line) => {
  await ledger.appendAll(
    'r-1',
    Array.from({ length: 1000 }, (_, n) => ({ n: n + 1, text: 'tide' })),
  );
  const lines = (await readFile(bookFile(), 'latin1')).split('\n');
  lines[line - 1] = lines[line - 1]!.replace('tide', 'tidf');
  await writeFile(bookFile(), lines.join('\n'), 'latin1');
  const read: object[] = [];
  const reading = (async () => {
    for await (const entry of ledger.read('r-1')) read.push(entry);
  })();
  await expect(reading).rejects.toMatchObject({
    code: 'TG_LEDGER_DAMAGED',
    message: expect.stringContaining(`${bookFile()}:${line}:`),
  });
  expect(read).toHaveLength(line - 1);
});

test('when a write fails half-way, the append rejects, nothing of it stays, and the next one works', async () => {
  await ledger.append('r-1', { n: 1 });
  const handles = await fileHandles();
  const write = handles.write;
  jest
    .spyOn(handles, 'write')
    .mockImplementationOnce(function (this: typeof handles, bytes, offset) {
      return write.call(this, bytes, offset, 30);
    })
    .mockRejectedValueOnce(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
  await expect(ledger.appendAll('r-1', [{ n: 2 }, { n: 3 }, { n: 4 }])).rejects.toMatchObject({
    code: 'TG_STORE_FULL',
  });
  expect(await entriesOf()).toEqual([{ n: 1 }]);
  await ledger.append('r-1', { n: 5 });
  expect(await entriesOf()).toEqual([{ n: 1 }, { n: 5 }]);
});

test('refuses to write where another process wrote meanwhile', async () => {
  await ledger.append('r-1', { n: 1 });
  await appendFile(bookFile(), await readFile(bookFile()));
  await expect(ledger.append('r-1', { n: 2 })).rejects.toMatchObject({ code: 'TG_LEDGER_CONTENDED' });
  expect(await entriesOf()).toEqual([{ n: 1 }, { n: 1 }]);
});

test('refuses a name that is not one of a book', async () => {
  await expect(ledger.append('../r-1', {})).rejects.toMatchObject({ code: 'TG_INTERNAL' });
});

test('reads back 100,000 entries', async () => {
  const entries = Array.from({ length: 100_000 }, (_, n) => ({ kind: 'state', host: `host-${n}`, index: n }));
  await ledger.appendAll('r-1', entries);
  let count = 0;
  for await (const entry of ledger.read('r-1')) count += 'index' in entry ? 1 : 0;
  expect(count).toBe(100_000);
});
