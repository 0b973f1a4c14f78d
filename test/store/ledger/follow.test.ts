import { appendFile, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../../../store/ledger';

let folder: string;
let ledger: Ledger;
let stop: AbortController;
const followed: ReturnType<Ledger['follow']>[] = [];

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'tidegate-follow-')), 'ledger');
  ledger = await Ledger.open(folder);
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await Promise.all(followed.splice(0).map((lines) => lines.return(undefined)));
  await ledger.close();
  await rm(join(folder, '..'), { recursive: true });
});

const next = async (lines: ReturnType<Ledger['follow']>) => (await lines.next()).value?.entry;

function follow(fromByte?: number): ReturnType<Ledger['follow']> {
  const lines = ledger.follow('r-1', stop.signal, fromByte);
  followed.push(lines);
  return lines;
}

test('gives what is there, then each new entry as it is written', async () => {
  await ledger.append('r-1', { n: 1 });
  const lines = follow();
  expect(await next(lines)).toEqual({ n: 1 });
  const waiting = next(lines);
  await ledger.append('r-1', { n: 2 });
  expect(await waiting).toEqual({ n: 2 });
});

test('waits for a book, and a folder, that is not there yet', async () => {
  const waiting = next(follow());
  await ledger.append('r-1', { n: 1 });
  expect(await waiting).toEqual({ n: 1 });
});

test('goes on from the byte where the last entry ended', async () => {
  await ledger.appendAll('r-1', [{ n: 1 }, { n: 2 }, { n: 3 }]);
  const first = await follow().next();
  expect(await next(follow(first.value!.endByte))).toEqual({ n: 2 });
});

test('ends when it is told to, also while it waits', async () => {
  await ledger.append('r-1', { n: 1 });
  const lines = follow();
  await lines.next();
  const waiting = lines.next();
  stop.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('says so when the book was cut behind it', async () => {
  await ledger.appendAll('r-1', [{ n: 1 }, { n: 2 }]);
  const lines = follow();
  const first = await lines.next();
  await lines.next();
  await truncate(join(folder, 'r-1.log'), first.value!.endByte);
  await expect(lines.next()).rejects.toMatchObject({ code: 'TG_LEDGER_CUT' });
});

test('the end of a book is found without reading it, before whatever a crash tore', async () => {
  expect(await ledger.endByte('r-1')).toBe(0);
  await ledger.appendAll('r-1', [{ n: 1 }, { text: 'x'.repeat(100_000) }]);
  const end = await ledger.endByte('r-1');
  await appendFile(join(folder, 'r-1.log'), `0badc0de {"torn":"${'y'.repeat(70_000)}`);
  expect(await ledger.endByte('r-1')).toBe(end);
  await truncate(join(folder, 'r-1.log'), end);
  const lines = follow(end);
  await ledger.append('r-1', { n: 3 });
  expect(await next(lines)).toEqual({ n: 3 });
});
