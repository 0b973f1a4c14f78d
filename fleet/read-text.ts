import { readFile } from 'node:fs/promises';
import { TidegateError } from '../model/errors';

/**
 * @returns the text of a file that a person wrote, without a byte order mark.
 * @throws TG_FILE_MISSING when it is not there or cannot be opened, TG_FILE_INVALID when it is not UTF-8 text.
 */
export async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'EISDIR') throw new TidegateError('TG_FILE_INVALID', `${path} is a folder, not a file`);
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${String(code ?? error)})`;
    throw new TidegateError('TG_FILE_MISSING', `${path} ${why}`, { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TidegateError('TG_FILE_INVALID', `${path} is not text in UTF-8`, { cause: error });
  }
}
