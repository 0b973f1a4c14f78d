import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @returns the path of a file of lab/image, beside this module or, when this module runs compiled (dist/lab),
 * in the checkout that it was compiled from.
 */
export function imageFile(name: string): string {
  const beside = join(__dirname, 'image', name);
  return existsSync(beside) ? beside : join(__dirname, '..', '..', 'lab', 'image', name);
}
