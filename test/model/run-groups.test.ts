import fc from 'fast-check';
import { groupResults, whyOf } from '../../model/run-groups';
import { type RunResultEntry, runOutcomes } from '../../model/run-ledger';

const result = (host: string, given: Partial<RunResultEntry> = {}): RunResultEntry => ({
  kind: 'result',
  at: '2026-03-14T22:00:00.000Z',
  host,
  index: 0,
  outcome: 'ok',
  ...given,
});

const anyResult = fc
  .record({
    host: fc.stringMatching(/^web\d{1,3}$/),
    outcome: fc.constantFrom(...runOutcomes),
    code: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    text: fc.option(fc.constantFrom('a', 'b', ''), { nil: undefined }),
  })
  .map(({ host, outcome, code, text }) =>
    result(host, { outcome, code, stdout: text === undefined ? undefined : { bytes: text.length, text } }),
  );

describe('results of a run', () => {
  test('that failed without any output, as a pull does, are told apart by why', () => {
    const missing = { outcome: 'failed', code: 1, detail: 'cat: /x: No such file or directory' } as const;
    const closed = { ...missing, detail: 'cat: /x: Permission denied' };
    const groups = groupResults([
      result('web001', missing),
      result('web002', closed),
      result('web003', missing),
    ]);
    expect(groups.map(({ hosts }) => hosts)).toEqual([['web001', 'web003'], ['web002']]);
  });

  test('are folded when outcome, exit code and output are the same to the byte', () => {
    const kernel = { stdout: { bytes: 4, text: '6.1\n' } };
    const groups = groupResults([
      result('web001', kernel),
      result('web002', { outcome: 'failed', code: 3 }),
      result('web003', kernel),
      result('web004', { stdout: { bytes: 3, text: '6.1' } }),
      result('web005', { outcome: 'failed', code: 4 }),
    ]);
    expect(groups.map(({ outcome, why, hosts }) => [outcome, why, ...hosts])).toEqual([
      ['ok', '', 'web001', 'web003'],
      ['ok', '', 'web004'],
      ['failed', 'exit 3', 'web002'],
      ['failed', 'exit 4', 'web005'],
    ]);
  });

  test('never lose a host, and never count one twice', () => {
    fc.assert(
      fc.property(fc.array(anyResult), (results) => {
        const hosts = groupResults(results).flatMap((group) => group.hosts);
        expect([...hosts].sort()).toEqual(results.map(({ host }) => host).sort());
      }),
    );
  });

  test('that failed for one reason are one group, though each names its own host', () => {
    const refused = (host: string, address: string) =>
      result(host, {
        outcome: 'unreachable',
        detail: `TG_HOST_UNREACHABLE ${host} (${address}:22): connection refused`,
      });
    expect(whyOf(refused('web001', '10.0.0.1'))).toBe('TG_HOST_UNREACHABLE connection refused');
    expect(groupResults([refused('web001', '10.0.0.1'), refused('web002', '10.0.0.2')])).toHaveLength(1);
  });
});
