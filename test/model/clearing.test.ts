import fc from 'fast-check';
import { clearedTo, hindersClearing } from '../../model/clearing';
import type { Examination } from '../../model/examination';
import type { Installed } from '../../model/ledger';
import { canBeRetried, RolloutRecord } from '../../model/record';

const build = (version: string): Installed => ({
  name: 'unzip',
  epoch: '0',
  version,
  release: '1',
  arch: 'x86_64',
  headerDigest: version,
});
const patch = [build('2')];
const before = { installed: [build('1')], absent: [] };
const configuration = 'S.5....T.  c /etc/unzip.conf';
const state = fc.constantFrom<Examination['operation']>('running', 'lost', 'done', 'unknown');
const examination: fc.Arbitrary<Examination> = fc.record({
  head: fc.constantFrom('none', 'abc'),
  last: state,
  operation: state,
  outcome: fc.constantFrom(undefined, 'ok', 'TG_CHECK_FAILED'),
  failed: fc.constant(undefined),
  installed: fc.subarray([build('1'), build('2'), build('3')]),
  absent: fc.constant([]),
  differs: fc.subarray([configuration, 'S.5....T.    /usr/bin/unzip']),
  log: fc.constant(undefined),
});
const has = (found: Examination) => found.installed.map(({ version }) => version).join();

test('nothing is cleared while an operation runs on the host, whichever it is; and always when none does', () => {
  fc.assert(
    fc.property(examination, (found) => {
      const running = found.last === 'running' || found.operation === 'running';
      expect(hindersClearing(found) !== undefined).toBe(running);
    }),
  );
});

test('a host is applied only when its own operation went well, as before only when it has just that, else it failed', () => {
  fc.assert(
    fc.property(examination, fc.boolean(), fc.boolean(), (found, knownBefore, wasApply) => {
      const cleared = clearedTo(found, { rpms: patch, before: knownBefore ? before : undefined, wasApply });
      const intact = found.differs.every((line) => line === configuration);
      const well = wasApply && found.operation === 'done' && found.outcome === 'ok';
      expect(cleared.state === 'applied').toBe(intact && has(found) === '2' && well);
      expect(cleared.state === 'rolled back').toBe(intact && has(found) === '1' && knownBefore);
      // Half-way, or with files that are not the package's: the next attempt goes over it.
      expect(cleared.lost).toBe(!(intact && has(found) === '2') && cleared.state === 'failed');
    }),
    { numRuns: 2_000 },
  );
});

test('whatever a cleared host has, the sums add up, nothing is in progress on it, and retry takes what is not applied', () => {
  fc.assert(
    fc.property(examination, fc.boolean(), (found, wasRunning) => {
      const record = quarantined(wasRunning);
      const cleared = clearedTo(found, { rpms: patch, before, wasApply: true });
      const actor = { name: 'anna', proof: 'claimed' } as const;
      record.add({
        kind: 'cleared',
        at,
        host: 'web1',
        index: 0,
        attempt: 1,
        head: found.head,
        actor,
        ...cleared,
      });
      const counts = record.counts();
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(2);
      expect(counts.quarantined).toBe(0);
      expect(record.inFlight()).toEqual([]);
      const host = record.host(0);
      expect(canBeRetried(host)).toBe(cleared.state !== 'applied');
      expect(record.failures()).toBe(cleared.state === 'applied' ? 0 : 1);
    }),
  );
});

const at = '2026-01-01T00:00:00.000Z';

/** A rollout of two hosts, the first of which is quarantined. */
function quarantined(running: boolean): RolloutRecord {
  const record = new RolloutRecord();
  record.add({
    ...{ kind: 'started', at, rollout: 'r-1', fleet: 'f', package: 'unzip', version: '2', plan: 'p' },
    ...{ workflowId: 'w', hosts: 2, selected: 2, untouched: {}, waves: [2], stopAt: 1 },
    actor: { name: 'anna', proof: 'claimed' },
  });
  const host = { at, host: 'web1', index: 0, attempt: 1 };
  record.add({
    ...{ ...host, kind: 'begun', operation: 'o', request: 'q', action: 'apply', previous: 'none' },
    ...{ before: before.installed, absent: [] },
  });
  if (!running) record.add({ ...host, kind: 'ended', operation: 'o', outcome: 'TG_OPERATION_LOST' });
  record.add({ ...host, kind: 'state', state: 'quarantined', failure: true });
  return record;
}
