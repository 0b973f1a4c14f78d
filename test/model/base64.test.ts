import fc from 'fast-check';
import { base64Of, bytesOf } from '../../model/base64';

test('writes what Node writes, and reads it back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      expect([...bytesOf(base64Of(bytes))]).toEqual([...bytes]);
    }),
  );
});

test.each(['A', 'AB', 'AB=', 'A===', 'AB=C', 'ABC', 'AB C'])('refuses %s', (text) => {
  expect(() => bytesOf(text)).toThrow(RangeError);
});
