import { createHmac } from 'node:crypto';
import { globTest } from '../model/glob';

/** One key line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHostsLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** The first field as written: names and patterns with commas between, or one hashed name. */
  readonly names: string;
  readonly type: string;
  /** The public key as written: base64. */
  readonly key: string;
  readonly comment: string;
}

/** What is wrong with a line that cannot be used. OpenSSH passes over such lines in silence; `hostkeys check` tells. */
export interface DamagedLine {
  readonly file: string;
  readonly line: number;
  readonly marker: string | undefined;
  readonly problem: string;
}

/** @returns the parsed line; a DamagedLine when it says nothing usable; undefined for blank lines and comments. */
export function parseLine(
  text: string,
  file: string,
  line: number,
): KnownHostsLine | DamagedLine | undefined {
  const fields = fieldsOf(text);
  if (fields === undefined) return undefined;
  const { names, type, key, comment } = fields;
  const marker = fields.marker ?? (names.startsWith('@') ? names : undefined);
  const damaged = (problem: string): DamagedLine => ({ file, line, marker, problem });
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority')
    return damaged(`${marker} is no marker: @revoked or @cert-authority`);
  if (key === '') return damaged('expected: names, key type, key');
  // Node decodes past signs that are none of Base64; OpenSSH does not take such a key.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) return damaged('the key is not written in Base64');
  if (!key.startsWith(typePrefix(type))) return damaged(`the key is not of the type that is named, ${type}`);
  if (names.startsWith('|') && hashedName(names) === undefined)
    return damaged('the hashed name is not |1|salt|hash');
  return {
    file,
    line,
    marker: marker === '@revoked' ? 'revoked' : marker === '@cert-authority' ? 'cert-authority' : undefined,
    names,
    type,
    key,
    comment,
  };
}

/** A key begins with its type (RFC 4253, 6.6): compared as base64, since decoding 100,000 keys takes a while. */
function typePrefix(type: string): string {
  const known = typePrefixes.get(type);
  if (known !== undefined) return known;
  const field = Buffer.concat([Buffer.from([0, 0, 0, type.length % 256]), Buffer.from(type)]);
  const prefix = field.subarray(0, field.length - (field.length % 3)).toString('base64');
  if (typePrefixes.size < MOST_TYPES) typePrefixes.set(type, prefix);
  return prefix;
}

const typePrefixes = new Map<string, string>();
/** OpenSSH knows some twenty types; a damaged file may name any number. */
const MOST_TYPES = 100;

/** Word by word: a comment may hold anything, and an odd sign in it must not hide a line that revokes a key. */
function fieldsOf(text: string) {
  const first = text.trimStart()[0];
  if (first === undefined || first === '#') return undefined;
  const word = /[ \t]*([^ \t]*)/y;
  const next = () => word.exec(text)?.[1]?.replace(/\r$/, '') ?? '';
  const start = next();
  const second = next();
  const marker = start.startsWith('@') && second !== '' ? start : undefined;
  const names = marker === undefined ? start : second;
  const type = marker === undefined ? second : next();
  const key = next();
  return { marker, names, type, key, comment: text.slice(word.lastIndex).trim() };
}

/** @returns salt and hash of a `|1|salt|hash` name (HashKnownHosts of ssh_config(5)); undefined for anything else. */
export function hashedName(names: string): { salt: Buffer; hash: Buffer } | undefined {
  const match = /^\|1\|([A-Za-z0-9+/]+={0,2})\|([A-Za-z0-9+/]+={0,2})$/.exec(names);
  if (match === null) return undefined;
  const salt = Buffer.from(match[1]!, 'base64');
  const hash = Buffer.from(match[2]!, 'base64');
  return salt.length === SHA1_BYTES && hash.length === SHA1_BYTES ? { salt, hash } : undefined;
}

const SHA1_BYTES = 20;

/** @returns whether a hashed name is that of `form`, a lower-case name as lookupForm() gives it. */
export function hashMatches(hashed: { salt: Buffer; hash: Buffer }, form: string): boolean {
  return createHmac('sha1', hashed.salt).update(form).digest().equals(hashed.hash);
}

/** @returns whether a line's first field means `form`, whatever way it is written. */
export function lineMeans(line: KnownHostsLine, form: string): boolean {
  const hashed = hashedName(line.names);
  return hashed === undefined ? patternsMatch(line.names, form) : hashMatches(hashed, form);
}

/** @returns whether a first field with wildcards or negations means `form` (OpenSSH's match_pattern_list). */
export function patternsMatch(names: string, form: string): boolean {
  let positive = false;
  for (const item of names.toLowerCase().split(',')) {
    const negated = item.startsWith('!');
    const pattern = negated ? item.slice(1) : item;
    if (pattern.length >= LONGEST_PATTERN) return false;
    if (!globTest(pattern)(form)) continue;
    if (negated) return false;
    positive = true;
  }
  return positive;
}

/** OpenSSH gives a list up at a pattern of this length (match.c). */
const LONGEST_PATTERN = 1023;

/** @returns the form in which a name stands in known_hosts: bare for port 22, `[name]:port` otherwise. */
export function lookupForm(name: string, port: number): string {
  const lower = name.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}
