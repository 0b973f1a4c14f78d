import { plain } from '../../../clients/view/colours';
import { examinedLines } from '../../../clients/view/examined';

test('of a host that no rollout touched, nothing is said about an operation or packages that were not asked for', () => {
  const found = {
    head: 'none',
    last: 'unknown' as const,
    operation: 'unknown' as const,
    installed: [],
    absent: [],
    differs: [],
  };
  const examined = { host: 'web001', chapters: [], slots: [], found };
  expect(examinedLines(examined, { colours: plain })).toEqual([
    'web001 is not quarantined',
    'the ledger tells of no rollout on it',
    'slot      free',
    'on host   the last operation of ours is none',
  ]);
});
