import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
