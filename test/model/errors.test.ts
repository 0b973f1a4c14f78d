import { TidegateError } from '../../model/errors';

test('a detail that quotes a megabyte is cut, so that it fits into histories and terminals', () => {
  const { message, facts } = new TidegateError('TG_USAGE', 'x'.repeat(1_000_000));
  expect(message).toHaveLength(16 * 1024 + ' … (1000000 characters)'.length);
  expect(facts.detail).toBe(message);
  expect(new TidegateError('TG_USAGE', { detail: 'short', hosts: ['a'] }).facts).toEqual({
    detail: 'short',
    hosts: ['a'],
  });
});
