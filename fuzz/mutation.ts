import fc from 'fast-check';
import { nasty, noText } from './nasty';

/** A change of what is read. */
type Mutation = (bytes: Buffer) => Buffer;

/** No input is longer: a file of hosts that people write is not. */
export const mostBytes = 2 * 1024 * 1024;
/** A line, or a value, of a megabyte. */
const longestRepeat = 1024 * 1024;
const deepest = 20_000;

/** Where a change is made, in 65,536ths of the length: it shrinks to the start, whatever the length. */
const place = fc.nat(0xffff);
const at = (where: number, bytes: Buffer) => Math.floor((where / 0x10000) * (bytes.length + 1));

const token = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...nasty).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.constantFrom(...noText).map((bytes) => Buffer.from(bytes, 'latin1')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }).map((text) => Buffer.from(text)) },
);

const flip = fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(([where, bits]) => (bytes: Buffer) => {
  const changed = Buffer.from(bytes);
  const index = at(where, bytes);
  if (index < changed.length) changed[index]! ^= bits;
  return changed;
});

const cut = place.map((where) => (bytes: Buffer) => bytes.subarray(0, at(where, bytes)));

const drop = fc
  .tuple(place, fc.integer({ min: 1, max: 64 }))
  .map(([where, length]) => replacing(where, length, Buffer.alloc(0)));

const insert = fc.tuple(place, token).map(([where, text]) => replacing(where, 0, text));

const overwrite = fc
  .tuple(place, token, fc.integer({ min: 1, max: 16 }))
  .map(([where, text, length]) => replacing(where, length, text));

/** The next number there becomes another. */
const renumber = fc
  .tuple(
    place,
    fc.constantFrom('0', '-1', '7', '65536', '4294967296', '999999999', '1e9', '00', '9'.repeat(40)),
  )
  .map(([where, number]) => (bytes: Buffer) => {
    const index = at(where, bytes);
    const found = /\d+/.exec(bytes.toString('latin1', index, index + 4096));
    return found ? splice(bytes, index + found.index, found[0].length, Buffer.from(number)) : bytes;
  });

/** A piece of it, some times. */
const again = fc
  .tuple(place, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60 }))
  .map(([where, length, times]) => (bytes: Buffer) => {
    const index = at(where, bytes);
    return splice(bytes, index, 0, repeated(bytes.subarray(index, index + length), length * times));
  });

/** A token up to a megabyte long, or as many lines. */
const flood = fc
  .tuple(
    place,
    fc.oneof(
      token,
      token.map((text) => Buffer.concat([text, Buffer.from('\n')])),
    ),
    fc.nat(20),
  )
  .map(([where, unit, size]) => (bytes: Buffer) => {
    const index = at(where, bytes);
    return splice(bytes, index, 0, repeated(unit, longestRepeat >> (20 - size)));
  });

const nest = fc
  .tuple(
    place,
    fc.constantFrom(['[', ']'], ['{a: ', '}'], ['{"a":', '}'], ['(', ')'], ['!', ''], ['- ', ''], ['*a', '']),
    fc.integer({ min: 1, max: 8 }),
    fc.nat(1),
  )
  .map(([where, [open = '', close = ''], size, closed]) => {
    const depth = Math.min(deepest, 4 ** size);
    return replacing(where, 0, Buffer.from(open.repeat(depth) + close.repeat(closed * depth)));
  });

/** Small changes, one of which is made some times over. */
export function smallMutation(samples: readonly Buffer[]): fc.Arbitrary<Mutation> {
  const other = fc.tuple(place, place, fc.constantFrom(...samples)).map(
    ([where, from, sample]) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at(where, bytes)), sample.subarray(at(from, sample))]),
  );
  return fc.oneof(flip, cut, drop, insert, overwrite, renumber, again, other);
}

/** What grows: rare, as each takes a thousand times longer. */
export const largeMutation: fc.Arbitrary<Mutation> = fc.oneof(flood, nest);

function replacing(where: number, length: number, text: Buffer): Mutation {
  return (bytes) => splice(bytes, at(where, bytes), length, text);
}

function splice(bytes: Buffer, index: number, length: number, text: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, index), text, bytes.subarray(index + length)]).subarray(
    0,
    mostBytes,
  );
}

function repeated(unit: Buffer, sizeBytes: number): Buffer {
  return unit.length === 0 ? unit : Buffer.alloc(Math.min(sizeBytes, longestRepeat), unit);
}
