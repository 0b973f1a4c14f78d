import type { Rpm } from '../../model/artifact';
import type { Installed } from '../../model/ledger';
import { namesToAsk, obsoletedBy } from '../../model/obsoletes';
import { rpmOf } from '../support/rpm';

const rpm = (name: string, obsoletes: Rpm['obsoletes']) => rpmOf({ name, version: '2.0', obsoletes });
const has = (name: string): Installed => ({
  name,
  epoch: '0',
  version: '1.0',
  release: '1',
  arch: 'noarch',
  headerDigest: 'c',
});

test('a package of the set is upgraded, not obsoleted, whatever another of the set says', () => {
  const split = [rpm('zip', undefined), rpm('zip-doc', [{ name: 'zip', sense: '<', evr: '2' }])];
  expect(obsoletedBy(split, [has('zip'), has('other')])).toEqual([]);
  expect(obsoletedBy(split.slice(1), [has('zip'), has('other')])).toEqual([has('zip')]);
});

test('a host is asked for every name once', () => {
  const lines = [
    { name: 'old', sense: '<', evr: '2' },
    { name: 'old', sense: '>', evr: '3' },
    { name: 'older', sense: '', evr: '' },
  ] as const;
  expect(namesToAsk([rpm('zip', [...lines]), rpm('zip-doc', undefined)])).toEqual([
    'zip',
    'old',
    'older',
    'zip-doc',
  ]);
});
