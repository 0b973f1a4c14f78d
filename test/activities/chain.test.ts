import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chain } from '../../activities/rollout/chain';
import { Ledger } from '../../store/ledger';

test('the chain is what happened last on the host, in whatever order the books of the rollouts are read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-chain-'));
  const ledger = await Ledger.open(join(folder, 'ledger'));
  const entry = { host: 'web001', index: 0 };
  const begun = {
    ...entry,
    kind: 'begun',
    request: 'd',
    action: 'apply',
    attempt: 1,
    before: [],
    absent: [],
  };
  const at = (second: number) => new Date(second * 1000).toISOString();
  // The rollout whose book is read first came last, and its begin never reached the host.
  await ledger.appendAll('r-z', [{ ...begun, operation: 'one', previous: 'none', at: at(1) }]);
  await ledger.appendAll('r-a', [
    { ...begun, operation: 'two', previous: 'one', at: at(2) },
    { ...entry, kind: 'void', operation: 'two', at: at(3) },
  ]);
  expect((await Chain.read(ledger)).last('web001')).toBe('one');
  await ledger.appendAll('r-a', [{ ...begun, operation: 'three', previous: 'one', at: at(4) }]);
  const chain = await Chain.read(ledger);
  expect(chain.last('web001')).toBe('three');
  expect(chain.last('web002')).toBe('none');
  await ledger.close();
  rmSync(folder, { recursive: true });
});
