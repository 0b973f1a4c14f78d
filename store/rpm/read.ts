import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Rpm } from '../../model/artifact';
import { TidegateError } from '../../model/errors';
import { runProgram } from './program';
import { type Header, parseQuery, queryFormat } from './query';

/** What an RPM file's header says, and its signature. */
export interface ReadRpm extends Pick<Header, 'sourceRpm' | 'keyId'> {
  readonly rpm: Rpm;
}

/**
 * Reads an RPM file through rpm's own query. Its digests are checked, its signature is not (store/rpm/keyring.ts).
 * @param file - the name to give it, when the path is not the one it came by.
 * @throws TG_RPM_DAMAGED when it is no RPM or its digests do not match.
 */
export async function readRpm(path: string, file = basename(path)): Promise<ReadRpm> {
  if (!(await startsAsRpm(path))) throw new TidegateError('TG_RPM_DAMAGED', `${file} is no RPM`);
  const { code, stdout, stderr } = await runProgram('rpm', [
    ...['-qp', '--nosignature', '--qf', queryFormat, path],
  ]);
  const header = code === 0 ? parseQuery(stdout) : undefined;
  if (header === undefined)
    throw new TidegateError(
      'TG_RPM_DAMAGED',
      `${file}: ${stderr.trim().split('\n').at(-1) || 'rpm says nothing'}`,
    );
  const { sourceRpm, keyId, ...facts } = header;
  const rpm = { file, sha256: await fileDigest(path), sizeBytes: (await stat(path)).size, ...facts };
  return { rpm, sourceRpm, keyId };
}

/** The lead of an RPM file. rpm(8) takes a file without it for a list of further files, and opens those. */
const magic = Buffer.from('edabeedb', 'hex');

async function startsAsRpm(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return bytesRead === magic.length && buffer.equals(magic);
  } finally {
    await handle.close();
  }
}

/** @returns the SHA-256 (hex) of a file of any size. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
