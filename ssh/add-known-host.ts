import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { TidegateError } from '../model/errors';
import { Turns } from '../model/turns';
import { fingerprint, keyType } from './host-key';
import { hashedName, type KnownHostsLine, lineMeans, lookupForm, parseLine } from './known-hosts-line';
import { type Target, targetText } from './target';

/**
 * Pins `key` as the host's one key: every other key of exactly its names is taken out of `file` (lines that name
 * more hosts keep those; patterns and markers stay), and a line with the comment is added at the end. The file is
 * replaced by a rename, so a reader sees the old one or the new one.
 * @param comment shown when the key changes one day, e.g. `2026-03-02 by anna`
 * @throws TidegateError TG_HOST_KEY_REVOKED when the file revokes that key for the host
 */
export async function addKnownHost(
  file: string,
  target: Target,
  key: Buffer,
  comment: string,
): Promise<void> {
  const path = await realpath(file).catch(() => file);
  await turns.take(path, () => replace(path, target, key, comment));
}

/** Within one process, changes to a file wait for one another. */
const turns = new Turns();

/** Another process may have changed the file since it was read: then it is read again. */
async function replace(path: string, target: Target, key: Buffer, comment: string): Promise<void> {
  for (;;) {
    const before = await stampOf(path);
    const text = before === undefined ? '' : await readFile(path, 'utf8');
    const part = await writePart(path, withKey(text, path, target, key, comment), before?.mode ?? 0o644);
    if ((await stampOf(path))?.stamp === before?.stamp) return await rename(part, path);
    await rm(part, { force: true });
  }
}

async function stampOf(path: string): Promise<{ stamp: string; mode: number } | undefined> {
  try {
    const { ino, size, mtimeNs, mode } = await stat(path, { bigint: true });
    return { stamp: `${ino} ${size} ${mtimeNs}`, mode: Number(mode & 0o777n) };
  } catch {
    return undefined;
  }
}

function withKey(text: string, file: string, target: Target, key: Buffer, comment: string): string {
  const forms = [...new Set([target.name, target.address].map((name) => lookupForm(name, target.port)))];
  const base64 = key.toString('base64');
  const kept = text
    .replace(/\n$/, '')
    .split('\n')
    .flatMap((lineText, index) => {
      const line = parseLine(lineText, file, index + 1);
      if (line === undefined || 'problem' in line) return [lineText];
      if (line.marker === 'revoked' && line.key === base64 && forms.some((form) => lineMeans(line, form)))
        throw new TidegateError('TG_HOST_KEY_REVOKED', {
          detail: `${targetText(target)}: ${fingerprint(key)} is revoked by ${file}:${line.line}`,
          hosts: [target.name],
        });
      if (line.marker !== undefined) return [lineText];
      const names = without(line, forms);
      if (names === line.names) return [lineText];
      return names === '' ? [] : [lineText.replace(line.names, () => names)];
    });
  const added = `${forms.join(',')} ${keyType(key)} ${base64} ${comment.replace(/\p{C}+/gu, ' ')}`.trimEnd();
  return [...(text === '' ? [] : kept), added, ''].join('\n');
}

/** @returns the names of a line that are not among `forms`; those of lines with patterns are left as they are. */
function without(line: KnownHostsLine, forms: readonly string[]): string {
  if (hashedName(line.names) !== undefined)
    return forms.some((form) => lineMeans(line, form)) ? '' : line.names;
  if (/[*?!]/.test(line.names)) return line.names;
  return line.names
    .split(',')
    .filter((name) => !forms.includes(name.toLowerCase()))
    .join(',');
}

async function writePart(path: string, text: string, mode: number): Promise<string> {
  const part = `${path}.${process.pid}.${performance.now()}.part`;
  const handle = await open(part, 'wx', mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return part;
}
