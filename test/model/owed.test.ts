import fc from 'fast-check';
import type { RolloutEntry } from '../../model/ledger';
import { lookAgainAfterMs, newerThan, owing } from '../../model/owed';
import { RolloutRecord } from '../../model/record';
import { hostStates } from '../../model/states';

const at = (ms: number) => new Date(ms).toISOString();
const started = (
  rollout: string,
  ms: number,
  given: { package?: string; fleet?: string } = {},
): Extract<RolloutEntry, { kind: 'started' }> => ({
  kind: 'started',
  at: at(ms),
  rollout,
  fleet: 'prod',
  package: 'unzip',
  version: '2',
  plan: 'p',
  workflowId: 'w',
  hosts: 50,
  selected: 50,
  untouched: {},
  waves: [50],
  stopAt: 5,
  actor: { name: 'anna', proof: 'claimed' },
  ...given,
});

const host = fc.record({
  state: fc.constantFrom(...hostStates),
  failure: fc.boolean(),
  until: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
});

test('only hosts that are owed, in their time, under the budget, are looked for', () => {
  fc.assert(
    fc.property(
      fc.array(host, { maxLength: 40 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 1, max: 30 }),
      (hosts, nowMs, stopAt) => {
        const record = recordOf(hosts);
        const owed = owing(record, { nowMs, newer: undefined, stopAt });
        const failures = hosts.filter(({ failure }) => failure).length;
        const wanted = hosts.flatMap(({ state, until }, i) =>
          (state === 'owed' || state === 'pending') && until !== undefined && until > nowMs ? [i] : [],
        );
        if ('hosts' in owed) {
          expect(failures).toBeLessThan(stopAt);
          expect(owed.hosts).toEqual(wanted);
          expect(owed.untilMs).toBe(Math.max(...wanted.map((i) => hosts[i]!.until!)));
        } else expect(wanted.length === 0 || failures >= stopAt).toBe(true);
      },
    ),
  );
});

test.each([
  ['aborted by a person', { kind: 'asked', verb: 'abort', actor: { name: 'anna', proof: 'claimed' } }],
  ['that ended aborted', { kind: 'ended rollout', result: 'aborted' }],
  ['that was rolled back', { kind: 'phase', phase: 'rolling back' }],
] as const)('hosts of a rollout %s are never caught up, not even after a retry', (_, entry) => {
  const record = recordOf([{ state: 'owed', failure: false, until: 2000 }]);
  expect(owing(record, { nowMs: 1, newer: undefined, stopAt: 5 })).toMatchObject({ hosts: [0] });
  record.add({ at: at(5), ...entry });
  record.add(started('r-1', 6));
  record.add({ at: at(6), kind: 'asked', verb: 'retry', actor: { name: 'anna', proof: 'claimed' } });
  expect(owing(record, { nowMs: 7, newer: undefined, stopAt: 5 })).toHaveProperty('end');
});

test('a rollout is superseded by the first later one of its package in its fleet, and by no other', () => {
  const starts = [
    started('r-1', 10),
    started('r-0', 5),
    started('r-2', 20, { package: 'zip' }),
    started('r-3', 30, { fleet: 'test' }),
    started('r-5', 50),
    started('r-4', 40),
  ];
  expect(newerThan(starts[0]!, starts)).toBe('r-4');
  expect(newerThan(starts[4]!, starts)).toBeUndefined();
  const owed = recordOf([{ state: 'owed', failure: false, until: 2000 }]);
  expect(owing(owed, { nowMs: 1, newer: 'r-4', stopAt: 5 })).toEqual({ end: 'superseded by r-4' });
});

test('waits grow from the first one to an hour, so that 14 days are a few hundred looks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 900_000 }), fc.nat(5000), (firstMs, looks) => {
      const wait = lookAgainAfterMs(looks, firstMs);
      expect(wait).toBeLessThanOrEqual(3_600_000);
      expect(lookAgainAfterMs(looks + 1, firstMs)).toBeGreaterThanOrEqual(wait);
    }),
  );
  expect(lookAgainAfterMs(0, 450_000)).toBe(450_000);
  let looks = 0;
  for (let ms = 0; ms < 14 * 86_400_000; looks += 1) ms += lookAgainAfterMs(looks, 450_000);
  expect(looks).toBeLessThan(400);
});

function recordOf(
  hosts: readonly { state: (typeof hostStates)[number]; failure: boolean; until?: number }[],
): RolloutRecord {
  const record = new RolloutRecord();
  record.add(started('r-1', 1));
  for (const [index, { state, failure, until }] of hosts.entries())
    record.add({
      kind: 'state',
      at: at(2),
      host: `h${index}`,
      index,
      state,
      failure,
      attempt: 1,
      until: until === undefined ? undefined : at(until),
    });
  return record;
}
