import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { obsoletesSchema, type Rpm } from '../../model/artifact';
import { TidegateError } from '../../model/errors';
import { runProgram } from './program';

/** What an RPM file's header says, and its signature. */
export interface ReadRpm {
  readonly rpm: Rpm;
  /** Name of the source package it was made from; '' for a source package itself. */
  readonly sourceRpm: string;
  /** Long key ID (16 hex digits, lower case) of the header's signature, when it has one. */
  readonly keyId?: string;
}

const signatureTags = ['RSAHEADER', 'DSAHEADER', 'SIGPGP', 'SIGGPG'];
const format = `${[
  ...[
    'NAME',
    'EPOCHNUM',
    'VERSION',
    'RELEASE',
    'ARCH',
    'SHA256HEADER',
    'LONGSIZE',
    'VENDOR',
    'SOURCERPM',
  ].map((tag) => `%{${tag}}`),
  signatureTags.map((tag) => `%|${tag}?{%{${tag}:pgpsig}}:{}|`).join(' '),
].join('\\n')}\\n[%{OBSOLETENAME} %{OBSOLETEFLAGS:depflags} %{OBSOLETEVERSION}\\n]`;

/**
 * Reads an RPM file through rpm's own query. Its digests are checked, its signature is not (store/rpm/keyring.ts).
 * @param file - the name to give it, when the path is not the one it came by.
 * @throws TG_RPM_DAMAGED when it is no RPM or its digests do not match.
 */
export async function readRpm(path: string, file = basename(path)): Promise<ReadRpm> {
  if (!(await startsAsRpm(path))) throw new TidegateError('TG_RPM_DAMAGED', `${file} is no RPM`);
  const { code, stdout, stderr } = await runProgram('rpm', ['-qp', '--nosignature', '--qf', format, path]);
  const [name, epoch, version, release, arch, headerDigest, size, vendor, sourceRpm, signature, ...rest] =
    stdout.split('\n');
  if (code !== 0 || !name || !epoch || !version || !release || !arch || !headerDigest)
    throw new TidegateError(
      'TG_RPM_DAMAGED',
      `${file}: ${stderr.trim().split('\n').at(-1) ?? 'rpm says nothing'}`,
    );
  return {
    rpm: {
      file,
      sha256: await fileDigest(path),
      sizeBytes: (await stat(path)).size,
      name,
      epoch,
      version,
      release,
      arch: sourceRpm === '(none)' ? 'src' : arch,
      headerDigest,
      installedSizeBytes: Number(size),
      vendor: vendor === '(none)' ? undefined : vendor,
      obsoletes: obsoletesOf(rest),
    },
    sourceRpm: sourceRpm === '(none)' ? '' : (sourceRpm ?? ''),
    keyId: /Key ID ([0-9a-f]{16})/i.exec(signature ?? '')?.[1]?.toLowerCase(),
  };
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

/** From lines `NAME SENSE EVR`, of which the last two may be empty. */
function obsoletesOf(lines: readonly string[]): Rpm['obsoletes'] {
  const found = lines.filter(Boolean).map((line) => {
    const [name, sense, evr] = line.split(' ');
    return obsoletesSchema.parse({ name, sense, evr });
  });
  return found.length === 0 ? undefined : found;
}
