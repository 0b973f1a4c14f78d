import { nearest } from '../../model/near';

test('nothing is near a word that nobody types, however long: comparing would take for ever', () => {
  const long = 'a'.repeat(300_000);
  expect(nearest(long, [`${long}b`])).toEqual([]);
  expect(nearest('webb', [long, 'web'])).toEqual(['web']);
});
