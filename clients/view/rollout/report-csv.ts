import type { Report } from './report';

const columns = [
  'host',
  'domain',
  'platform',
  'from',
  'to',
  'state',
  'code',
  'detail',
  'attempt',
  'restarts',
];

/** One line a host, with a header (RFC 4180). */
export function reportCsv({ hosts, picture }: Report): string {
  const rows = hosts.map(({ host, domain, platform, from, state, code, detail, attempt, restarts }) => [
    host,
    domain,
    platform,
    from,
    picture.version,
    state,
    code,
    detail,
    String(attempt),
    restarts.join(' '),
  ]);
  return [columns, ...rows].map((row) => row.map(field).join(',')).join('\r\n');
}

/** Text from hosts must not become a formula in a spreadsheet (OWASP, CSV injection). */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
