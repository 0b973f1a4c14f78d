import fc from 'fast-check';
import { type HostRecord, RolloutRecord } from '../../model/record';
import { hostsInState, rolloutGroup } from '../../model/rollout-group';
import { hostStates } from '../../model/states';

const names = ['web1', 'web2', 'web3'];

test.each([
  ['r-412:failed', { rollout: 'r-412', state: 'failed' }],
  ['r-:owed', { rollout: 'r-', state: 'owed' }],
  ['r-412', undefined],
  ['racks:failed', undefined],
  ['night/slow.hosts', undefined],
])('@%s means %j', (group, meant) => {
  expect(rolloutGroup(group)).toEqual(meant);
});

test('a host that was taken back because it failed is among the failed, one that was taken back well is not', () => {
  const record = new RolloutRecord();
  is(record, 0, { state: 'rolled back', failure: true });
  is(record, 1, { state: 'rolled back' });
  expect(hostsInState(record, names, 'failed')).toEqual(['web1']);
  expect(hostsInState(record, names, 'rolled-back')).toEqual(['web1', 'web2']);
  expect(hostsInState(record, names, 'pending')).toEqual(['web3']);
});

test('a pending host that was tried is unreachable too', () => {
  const record = new RolloutRecord();
  is(record, 2, { tries: 1 });
  expect(hostsInState(record, names, 'unreachable')).toEqual(['web3']);
  expect(hostsInState(record, names, 'pending')).toEqual(names);
});

test('a word that is no state is refused with those that are', () => {
  for (const word of ['broken', '', 'toString'])
    expect(() => hostsInState(new RolloutRecord(), names, word)).toThrow(
      /^hosts of a rollout are pending, unreachable, .* and not /,
    );
});

test('every host is in exactly one of the groups that are named like the states', () => {
  const host = fc.record({ state: fc.constantFrom(...hostStates), failure: fc.boolean(), tries: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(host, { maxLength: 20 }), (hosts) => {
      const record = new RolloutRecord();
      for (const [index, given] of hosts.entries()) is(record, index, given);
      const all = hosts.map((_, index) => `h${index}`);
      for (const [index, { state, failure }] of hosts.entries()) {
        const word = state.replace(' ', '-');
        if (state !== 'failed') expect(hostsInState(record, all, word)).toContain(`h${index}`);
        expect(hostsInState(record, all, 'failed').includes(`h${index}`)).toBe(
          failure && state !== 'quarantined',
        );
      }
      const groups = ['pending', 'untouched', 'owed', 'applied', 'rolled-back', 'quarantined'];
      const found = groups.flatMap((word) => hostsInState(record, all, word));
      expect(found.length).toBe(hosts.filter(({ state }) => state !== 'failed').length);
    }),
  );
});

function is(record: RolloutRecord, index: number, given: Partial<HostRecord>): void {
  record.hosts.set(index, { ...record.host(index), ...given });
}
