import { type Obsoletes, obsoletesSchema, type Rpm } from '../../model/artifact';

const signatureTags = ['RSAHEADER', 'DSAHEADER', 'SIGPGP', 'SIGGPG'];

/** What rpm is asked of a file, a line each. */
export const queryFormat = `${[
  ...['NAME', 'EPOCHNUM', 'VERSION', 'RELEASE', 'ARCH', 'SHA256HEADER', 'LONGSIZE', 'VENDOR'].map(
    (tag) => `%{${tag}}`,
  ),
  // A header without this tag is a source package's, for rpm too; its value may be anything.
  '%|SOURCERPM?{of %{SOURCERPM}}:{source}|',
  signatureTags.map((tag) => `%|${tag}?{%{${tag}:pgpsig}}:{}|`).join(' '),
].join('\\n')}\\n[%{OBSOLETENAME} %{OBSOLETEFLAGS:depflags} %{OBSOLETEVERSION}\\n]`;

/** What a header says. */
export interface Header extends Omit<Rpm, 'file' | 'sha256' | 'sizeBytes'> {
  /** Name of the source package it was made from; '' for a source package itself. */
  readonly sourceRpm: string;
  /** Long key ID (16 hex digits, lower case) of the header's signature, when it has one. */
  readonly keyId?: string;
}

/** Reads what rpm printed for `queryFormat`. @returns undefined when something is missing, or nothing that rpm prints. */
export function parseQuery(stdout: string): Header | undefined {
  const [name, epoch, version, release, arch, headerDigest, size, vendor, madeFrom, signature, ...rest] =
    stdout.split('\n');
  const obsoletes = obsoletesOf(rest);
  const isWhole = name && epoch && version && release && arch && headerDigest && obsoletes;
  // A package without files has no size.
  if (!isWhole || !/^(\d{1,15}|\(none\))$/.test(size ?? '')) return undefined;
  return {
    name,
    epoch,
    version,
    release,
    arch: madeFrom === 'source' ? 'src' : arch,
    headerDigest,
    installedSizeBytes: size === '(none)' ? 0 : Number(size),
    vendor: vendor === '(none)' ? undefined : vendor,
    obsoletes: obsoletes.length === 0 ? undefined : obsoletes,
    sourceRpm: /^of (.*)/.exec(madeFrom ?? '')?.[1] ?? '',
    keyId: /Key ID ([0-9a-f]{16})/i.exec(signature ?? '')?.[1]?.toLowerCase(),
  };
}

/** From lines `NAME SENSE EVR`, of which the last two may be empty. */
function obsoletesOf(lines: readonly string[]): Obsoletes[] | undefined {
  const found = lines.filter(Boolean).map((line) => {
    const [name, sense, evr] = line.split(' ');
    return obsoletesSchema.safeParse({ name, sense, evr }).data;
  });
  return found.includes(undefined) ? undefined : found.filter((one) => one !== undefined);
}
