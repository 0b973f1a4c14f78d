import { crc32 } from 'node:zlib';
import { TidegateError } from '../../model/errors';

/**
 * No line is longer: an entry is a few hundred bytes, and a reader of a damaged file must not gather it all in
 * memory while it looks for the end of a line.
 */
export const longestLineBytes = 16 * 1024 * 1024;

/**
 * @returns `<CRC-32 of the JSON, 8 hex digits> <JSON>\n`. JSON has no line break of its own, so a line that ends
 * was written to its end.
 * @throws TG_INTERNAL for an entry that JSON cannot hold, or one beyond `longestLineBytes`.
 */
export function formatLine(entry: object): Buffer {
  const json = Buffer.from(JSON.stringify(entry));
  if (json.length + checksumBytes > longestLineBytes)
    throw new TidegateError('TG_INTERNAL', `an entry of ${json.length} bytes is too long for the ledger`);
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from('\n')]);
}

/** @returns the entry of a line without its line break; undefined when the line is not what was written. */
export function parseLine(line: Buffer): object | undefined {
  const json = line.subarray(checksumBytes);
  if (line.toString('latin1', 0, checksumBytes) !== `${checksum(json)} `) return undefined;
  try {
    const entry: unknown = JSON.parse(json.toString('utf8'));
    return typeof entry === 'object' && entry !== null ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Eight digits and a space. */
const checksumBytes = 9;

function checksum(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, '0');
}
