import { readFileSync } from 'node:fs';
import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { makeRpm } from '../support/packages';

let fleet: TestFleet;
let old: Rpm;
let fresh: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 3, domains: 1 });
  old = await fleet.package('1.0', { name: 'tgold' });
  fresh = await fleet.package('2.0', { preamble: ['Obsoletes: tgold < 2'] });
  await fleet.work();
});

afterAll(() => fleet.stop());

test('a package that obsoletes another reaches the hosts that have the other, and is taken back to it', async () => {
  fleet.preinstall(old);
  const plan = await fleet.plan({ waves: ['100%'], budget: { stopAt: 3, firstWaveStopAt: 3 } }, fresh);
  const { rollout, handle } = await fleet.rollout(plan);
  expect(await handle.result()).toEqual({ result: 'done' });
  expect(packages()).toEqual(Array(3).fill('tgtest-2.0'));
  // The control instance rehearsed the whole way there and back.
  expect(rpmCalls(fleet.hosts[0]!).map(({ words }) => words.split(' ')[0])).toEqual(['-U', '-U', '-e', '-U']);
  const back = await fleet.rollout(plan, { rollout, verb: 'rollback' });
  expect(await back.handle.result()).toEqual({ result: 'rolled back' });
  expect(packages()).toEqual(Array(3).fill('tgold-1.0'));
  expect(fleet.hosts.map(({ sandbox }) => sandbox.run('rpm -V tgold').out)).toEqual(Array(3).fill(''));
});

test('without the obsoleted package in the store, nothing is planned', async () => {
  const elsewhere = readFileSync(await makeRpm(fleet.folder, { name: 'tgold', version: '1.1' }));
  for (const { sandbox } of fleet.hosts)
    sandbox.run('cat >/var/tmp/x.rpm; rpm.real -U /var/tmp/x.rpm', elsewhere);
  await expect(fleet.plan({ waves: ['100%'] }, fresh)).rejects.toThrow(
    expect.objectContaining({
      cause: expect.objectContaining({
        cause: expect.objectContaining({
          type: 'TG_UNDO_MISSING',
          message: expect.stringContaining('tgold-1.1-1'),
        }),
      }),
    }),
  );
});

const packages = () =>
  fleet.hosts.map(({ sandbox }) =>
    sandbox.run("rpm -qa --qf '%{NAME}-%{VERSION}\\n' | grep -v gpg-pubkey").out.trim(),
  );
