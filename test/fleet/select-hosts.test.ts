import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFleet } from '../../fleet/load';
import { selectHosts } from '../../fleet/select-hosts';
import { Files } from '../../store/files';
import { Ledger } from '../../store/ledger';
import { BookBuilder, list, plan } from '../clients/support/rollout';

let folder: string;
let ledger: Ledger;
let files: Files;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-select-'));
  ledger = await Ledger.open(join(folder, 'ledger'));
  files = new Files(join(folder, 'files'));
});
afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true });
});

test('@ROLLOUT:STATE selects the hosts that the ledger says are in it, by a start of the ID', async () => {
  const { rollout } = await keep(
    new BookBuilder()
      .apply(0, 1)
      .begin(2, 3)
      .end('rolled back', [2], 'TG_CHECK_FAILED', 'false')
      .end('quarantined', [3], 'TG_OPERATION_LOST', 'two versions'),
  );
  expect(await names(`@${rollout.slice(0, 6)}:failed`)).toEqual(['web003']);
  expect(await names(`@${rollout}:quarantined`)).toEqual(['web004']);
  expect(await names(`@${rollout}:applied, @${rollout}:failed`)).toEqual(['web001', 'web002', 'web003']);
  expect(await names(`web[001-005] & !@${rollout}:applied`)).toEqual(['web003', 'web004', 'web005']);
});

test('it is read anew each time: what was retried is no longer failed', async () => {
  const book = new BookBuilder().begin(2).end('failed', [2], 'TG_CHECK_FAILED');
  const { rollout } = await keep(book);
  expect(await names(`@${rollout}:failed`)).toEqual(['web003']);
  await ledger.appendAll(rollout, book.begin(2).end('applied', [2]).entries.slice(-3));
  await expect(names(`@${rollout}:failed`)).rejects.toMatchObject({
    code: 'TG_SELECTOR_EMPTY',
    message: expect.stringContaining(`@${rollout}:failed stands for no host`),
  });
});

test('hosts that have left the fleet are left out', async () => {
  const { rollout } = await keep(new BookBuilder().begin(2, 4).end('failed', [2, 4], 'TG_CHECK_FAILED'));
  expect(await names(`@${rollout}:failed`, 3)).toEqual(['web003']);
});

test('a rollout that is not there, and a word that is no state, are refused by name', async () => {
  const { rollout } = await keep(new BookBuilder());
  await expect(names('@r-ffff:failed')).rejects.toMatchObject({ code: 'TG_ROLLOUT_NOT_FOUND' });
  await expect(names(`@${rollout}:broken`)).rejects.toMatchObject({ code: 'TG_SELECTOR_INVALID' });
});

test('files of hosts still mean what they say beside rollouts', async () => {
  const { rollout } = await keep(new BookBuilder().begin(2).end('failed', [2], 'TG_CHECK_FAILED'));
  writeFileSync(join(folder, 'slow.hosts'), 'web009\n');
  expect(await names(`@slow.hosts, @${rollout}:failed`)).toEqual(['web003', 'web009']);
});

async function names(selector: string, hosts = 40): Promise<string[]> {
  const own = list.slice(0, hosts).map(({ name }, index) => [name, { address: `192.0.2.${index + 1}` }]);
  const file = { fleet: 'prod', platform: 'debian12-x86_64', hosts: Object.fromEntries(own) };
  writeFileSync(join(folder, 'fleet.yaml'), JSON.stringify(file));
  const fleet = await loadFleet(join(folder, 'fleet.yaml'));
  return (await selectHosts(fleet, selector, { ledger, files })).map(({ name }) => name);
}

async function keep(book: BookBuilder): Promise<BookBuilder> {
  const digest = await files.putJson({ ...plan, list: await files.putJson(list) });
  const entries = book.entries.map((entry) =>
    entry.kind === 'started' ? { ...entry, plan: digest } : entry,
  );
  await ledger.appendAll(book.rollout, entries);
  return book;
}
