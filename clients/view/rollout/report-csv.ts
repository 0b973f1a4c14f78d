import type { Report } from './report';

const columns = [
  'host',
  'domain',
  'platform',
  'owner',
  'from',
  'to',
  'state',
  'code',
  'detail',
  'attempt',
  'restarts',
  'artifact',
  'signed_by',
  'recipe',
  'sources',
  'patches',
  'fixes',
  'logs',
];

/** One line a host, with a header (RFC 4180). A line tells all by itself: where the package came from is in each. */
export function reportCsv({ hosts, picture, artifact }: Report): string {
  const origin = originOf(artifact);
  const rows = hosts.map(
    ({ host, domain, platform, owner, from, state, code, detail, attempt, restarts }) => [
      host,
      domain,
      platform,
      owner,
      from,
      picture.version,
      state,
      code,
      detail,
      String(attempt),
      restarts.join(' '),
      ...origin,
    ],
  );
  return [columns, ...rows].map((row) => row.map(field).join(',')).join('\r\n');
}

function originOf({ digest, signedBy, provenance }: Report['artifact']): string[] {
  const sources = Object.entries(provenance?.sources ?? {}).map(([name, { sha256 }]) => ({ name, sha256 }));
  return [
    digest,
    signedBy,
    provenance?.recipe ?? '',
    byDigest(sources),
    byDigest(provenance?.patches ?? []),
    (provenance?.fixes ?? []).join(' '),
    byDigest((provenance?.builds ?? []).map(({ platform, log }) => ({ name: platform, sha256: log }))),
  ];
}

function byDigest(things: readonly { name: string; sha256: string }[]): string {
  return things.map(({ name, sha256 }) => `${name}=${sha256}`).join(' ');
}

/** Text from hosts must not become a formula in a spreadsheet (OWASP, CSV injection). */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
