import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Books } from '../../activities/rollout/book';
import { Ledger } from '../../store/ledger';

test('a rollout has a book of its own kind, whatever a request calls it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-book-'));
  const ledger = await Ledger.open(join(folder, 'ledger'));
  const books = new Books(ledger);
  for (const name of ['mandates', 'artifacts', '../r-1', ''])
    await expect(books.open(name)).rejects.toMatchObject({ code: 'TG_ROLLOUT_NOT_FOUND' });
  await (await books.open('r-1')).append({ kind: 'note', detail: 'x' });
  expect(await ledger.books()).toEqual(['r-1']);
  await ledger.close();
  rmSync(folder, { recursive: true });
});

test('two who use a book see the same one; a book that nobody uses is let go, and read again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-book-'));
  const ledger = await Ledger.open(join(folder, 'ledger'));
  const books = new Books(ledger);
  const [one, other] = await Promise.all([books.open('r-1'), books.open('r-1')]);
  expect(other).toBe(one);
  await one.append({ kind: 'note', detail: 'x' });
  const left = await (async () => new WeakRef((await books.open('r-2')).record))();
  await collectGarbage();
  expect(left.deref()).toBeUndefined();
  expect(await books.open('r-1')).toBe(one);
  await ledger.close();
  rmSync(folder, { recursive: true });
});

test('a book that could not be read is read again when it is asked for again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-book-'));
  const ledger = await Ledger.open(join(folder, 'ledger'));
  await ledger.append('r-1', { kind: 'note', at: 'yesterday', detail: 'x' });
  const books = new Books(ledger);
  await expect(books.open('r-1')).rejects.toThrow();
  rmSync(join(folder, 'ledger', 'r-1.log'));
  expect((await books.open('r-1')).record.hosts.size).toBe(0);
  await ledger.close();
  rmSync(folder, { recursive: true });
});

/** What was used in this turn of the event loop is kept to its end. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 5; turn += 1) {
    await setImmediate();
    collect();
  }
}
