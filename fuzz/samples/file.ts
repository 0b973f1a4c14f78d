import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns a sample that is no text; compiled code runs from dist/, which holds none. */
export function sampleFile(name: string): Buffer {
  const beside = join(__dirname, name);
  return readFileSync(existsSync(beside) ? beside : join(__dirname, '../../../fuzz/samples', name));
}
