import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TidegateError } from '../model/errors';

/** One stanza of apt's sources, whichever of the two syntaxes it was written in (sources.list(5)). */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Other fields (Signed-By, Trusted, Architectures …), as deb822 spells them. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * The machine's own sources for its own release: what the lab's images are made from, so that no mirror is
 * named by us. Sources of third parties (other suites) are left out: the images need nothing from them.
 * @param folder apt's configuration folder, `/etc/apt` but in tests
 * @throws TG_LAB_APT when no source offers the release
 */
export function readAptSources(codename: string, folder = '/etc/apt'): AptSource[] {
  const sources = listFiles(folder)
    .flatMap(({ path, deb822 }) => (deb822 ? parseDeb822 : parseOneLine)(readFileSync(path, 'utf8')))
    .map((source) => ({ ...source, suites: source.suites.filter((suite) => ofRelease(suite, codename)) }))
    .filter((source) => source.suites.length > 0)
    .map((source) => ({ ...source, uris: source.uris.map(resolveMirrorFile) }));
  if (!sources.some((source) => source.suites.includes(codename))) {
    throw new TidegateError('TG_LAB_APT', `${folder} has no deb source for ${codename}`);
  }
  return sources;
}

/** The sources as one deb822 file, with the source archive beside the binary one: `apt-get source` needs it. */
export function renderAptSources(sources: readonly AptSource[]): string {
  return sources
    .map((source) =>
      [
        'Types: deb deb-src',
        `URIs: ${source.uris.join(' ')}`,
        `Suites: ${source.suites.join(' ')}`,
        `Components: ${source.components.join(' ')}`,
        ...Object.entries(source.options).map(([key, value]) => `${key}: ${value}`),
      ].join('\n'),
    )
    .join('\n\n')
    .concat('\n');
}

/**
 * How apt reaches its archives from this machine (proxies, certificates, checks), as a file for apt.conf.d.
 * Hooks and caches of the machine do not come along.
 */
export function readAptTransport(): string {
  return execFileSync('apt-config', ['dump', '--no-empty', '--format', '%F "%v";%n', 'Acquire'], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((line) => /^Acquire::(http|https|ftp|Check-|Retries|ForceIPv|Proxy|Languages)/.test(line))
    .join('\n')
    .concat('\n');
}

/** @returns apt's proxies as the variables that debootstrap's downloader reads. */
export function proxyEnvironment(): Record<string, string> {
  const text = execFileSync('apt-config', ['dump', '--no-empty', '--format', '%F=%v%n', 'Acquire'], {
    encoding: 'utf8',
  });
  const proxies = [...text.matchAll(/^Acquire::(https?)::Proxy=(.+)$/gim)];
  return Object.fromEntries(proxies.map(([, scheme, url]) => [`${scheme}_proxy`, url!]));
}

function listFiles(folder: string): { path: string; deb822: boolean }[] {
  const parts = join(folder, 'sources.list.d');
  const named = existsSync(parts) ? readdirSync(parts).sort() : [];
  return [join(folder, 'sources.list'), ...named.map((name) => join(parts, name))]
    .filter((path) => /\.(list|sources)$/.test(path) && existsSync(path))
    .map((path) => ({ path, deb822: path.endsWith('.sources') }));
}

function ofRelease(suite: string, codename: string): boolean {
  return suite === codename || suite.startsWith(`${codename}-`) || suite.startsWith(`${codename}/`);
}

/** Cloud images name a file of mirrors; debootstrap knows only the mirrors themselves. */
function resolveMirrorFile(uri: string): string {
  if (!uri.startsWith('mirror+file:')) return uri;
  const lines = readFileSync(uri.replace(/^mirror\+file:(\/\/)?/, ''), 'utf8').split('\n');
  return (
    lines.map((line) => line.trim().split(/\s+/)[0]!).find((word) => word !== '' && !word.startsWith('#')) ??
    uri
  );
}

function parseDeb822(text: string): AptSource[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/)
    .map(parseStanza)
    .filter((fields) => words(fields.types).includes('deb') && fields.enabled?.toLowerCase() !== 'no')
    .map(({ types, enabled, uris, suites, components, ...options }) => ({
      uris: words(uris),
      suites: words(suites),
      components: words(components),
      options,
    }));
}

/** Field names are case-insensitive (deb822(5)); a line that starts with a blank continues the field above. */
function parseStanza(stanza: string): Record<string, string> {
  const fields: Record<string, string> = {};
  let current = '';
  for (const line of stanza.split('\n')) {
    const field = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(line);
    if (field) {
      current = field[1]!.toLowerCase();
      fields[current] = field[2]!;
    } else if (current !== '' && /^\s/.test(line)) {
      fields[current] = `${fields[current]}\n${line}`;
    }
  }
  return fields;
}

function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line.trim());
    if (!match) return [];
    const options = words(match[1])
      .map((option) => option.split('='))
      .map(([key, value]) => [deb822Name(key!), (value ?? '').replaceAll(',', ' ')]);
    return [
      {
        uris: [match[2]!],
        suites: [match[3]!],
        components: words(match[4]),
        options: Object.fromEntries(options) as Record<string, string>,
      },
    ];
  });
}

/** sources.list(5), «The deb and deb-src types: options»: the short names and their deb822 fields. */
function deb822Name(option: string): string {
  return { arch: 'architectures', lang: 'languages', target: 'targets' }[option] ?? option;
}

function words(value: string | undefined): string[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '');
}
