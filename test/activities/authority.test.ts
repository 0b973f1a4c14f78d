import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../../activities/authority';
import { readFleetFile } from '../../fleet/load';
import type { Actor } from '../../model/actor';
import { Ledger } from '../../store/ledger';
import { Mandates } from '../../store/mandate';

const order = { verb: 'build', target: 'unzip' };

let folder: string;
let authority: Authority;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-authority-'));
  writeFileSync(join(folder, 'fleet.yaml'), 'fleet: prod\nhosts: {}\n');
  const mandates = await Mandates.open(await Ledger.open(join(folder, 'ledger')));
  authority = new Authority(mandates, () => readFleetFile(join(folder, 'fleet.yaml')));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('without allowedSigners an actor is claimed, whatever the request says of a proof', async () => {
  const actor: Actor = { name: 'anna@secured1', proof: 'signed', reason: 'CVE-1', ticket: 'CHG1' };
  const mandate = { text: 'x', signature: 'x' };
  expect(await authority.prove({ actor, mandate }, order)).toEqual({ ...actor, proof: 'claimed' });
});

test('a request that does not say who asks comes from nobody', async () => {
  for (const actor of [undefined, 'anna', { name: '' }])
    expect(await authority.prove({ actor: actor as Actor }, order)).toEqual({
      name: 'nobody',
      proof: 'claimed',
    });
});
