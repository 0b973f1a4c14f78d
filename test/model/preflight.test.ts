import fc from 'fast-check';
import { parseStageAnswer, type StageAnswer } from '../../model/host-answer';
import type { Installed } from '../../model/ledger';
import { judge } from '../../model/preflight';
import { rpmOf } from '../support/rpm';

const installed = (version: string): Installed => ({
  name: 'unzip',
  epoch: '0',
  version,
  release: '1',
  arch: 'x86_64',
  headerDigest: `header of ${version}`,
});
const rpm = rpmOf({ ...installed('2'), sizeBytes: 10, installedSizeBytes: 90 });
const given = {
  plan: { package: 'unzip', absent: 'leave', downgrade: false },
  rpms: [rpm],
  platform: 'p1',
  expectedHead: 'op1',
} as const;
const answer = (versions: readonly string[], more: Partial<StageAnswer> = {}): StageAnswer => ({
  refused: undefined,
  installed: versions.map(installed),
  absent: [],
  platform: 'p1',
  head: 'op1',
  epoch: 0,
  free: [{ mount: '/', bytes: 100 }],
  complaints: [],
  rebootPending: false,
  complete: true,
  ...more,
});

test('a host with several versions of the package is left alone, one that is there is already there', () => {
  expect(judge(answer(['1', '2']), given)).toMatchObject({
    verdict: 'untouched',
    code: 'TG_PREFLIGHT_REFUSED',
  });
  expect(judge(answer(['2']), given)).toMatchObject({ verdict: 'untouched', code: 'already' });
});

describe('a host on which an operation was lost', () => {
  const lostFrom = { installed: [installed('1')], absent: ['zip'] };

  test('is gone over whatever it has now, and goes back to what it had before', () => {
    const anything = fc.subarray(['0', '1', '2', '3']);
    fc.assert(
      fc.property(anything, (versions) => {
        const verdict = judge(answer(versions), { ...given, lostFrom });
        expect(verdict).toEqual({ go: true, before: lostFrom.installed, absent: lostFrom.absent });
      }),
    );
  });

  test('is never called untouched: what hinders it is for a person to see', () => {
    const hindered: Partial<StageAnswer>[] = [
      { free: [{ mount: '/', bytes: 99 }] },
      { complaints: ['a dependency is missing'] },
      { head: 'other' },
    ];
    for (const more of hindered)
      expect(judge(answer(['1', '2'], more), { ...given, lostFrom })).toMatchObject({
        go: false,
        verdict: 'quarantined',
      });
  });
});

test('a host whose package database cannot be read is not one without the package', () => {
  const unread = parseStageAnswer(
    `error: sqlite failure: file is not a database
error: cannot open Packages database in /var/lib/rpm
package unzip is not installed
platform p1
head op1
done
`,
  );
  const because = { code: 'TG_PREFLIGHT_REFUSED', detail: 'sqlite failure: file is not a database' };
  const seen = { ...unread, platform: 'p1' };
  expect(judge(seen, given)).toMatchObject({ verdict: 'untouched', ...because });
  const lostFrom = { installed: [installed('1')], absent: [] };
  expect(judge(seen, { ...given, lostFrom })).toMatchObject({ verdict: 'quarantined', ...because });
});
