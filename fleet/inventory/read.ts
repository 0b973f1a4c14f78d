import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { TidegateError } from '../../model/errors';
import { readText } from '../read-text';
import { readAnsibleIni } from './ansible-ini';
import { readAnsibleJson } from './ansible-json';
import { readAnsibleYaml } from './ansible-yaml';
import { flatten } from './flatten';
import type { Inventory, Variables } from './inventory';
import { knownHostsLine, readKnownHosts } from './known-hosts';
import { readPlainList } from './plain-list';
import { runInventoryProgram } from './program';

/**
 * Reads an inventory of any format: an executable file is a program that prints Ansible's JSON; `.yaml` and `.yml`
 * are Ansible's YAML, `.json` its JSON; a text with `[sections]` is Ansible's INI; one of names, key types and keys
 * is OpenSSH's known_hosts; any other is a plain list.
 * @returns each host's variables, its groups' among them; `group.<name>: yes` for each of its groups.
 * @throws TG_FILE_MISSING, TG_FILE_INVALID, TG_INVENTORY_INVALID, TG_INVENTORY_FAILED.
 */
export async function readInventory(path: string): Promise<Map<string, Variables>> {
  return flatten(await readByFormat(path), path);
}

async function readByFormat(path: string): Promise<Inventory> {
  if (await isFolder(path))
    throw new TidegateError(
      'TG_INVENTORY_INVALID',
      `${path} is a folder; name one file, or a program that calls ansible-inventory --list -i ${path}`,
    );
  if (await isProgram(path)) return readAnsibleJson(await runInventoryProgram(path), `${path} --list`);
  const text = await readText(path);
  const lines = text.split(/\r?\n/);
  const first = lines.find((line) => !/^\s*([#;].*)?$/.test(line)) ?? '';
  if (extname(path) === '.json' || first.startsWith('{'))
    return /"_meta"/.test(text) ? readAnsibleJson(text, path) : readAnsibleYaml(text, path);
  if (['.yaml', '.yml'].includes(extname(path)) || /^(---|[\w.-]+:\s*(#.*)?$)/.test(first))
    return readAnsibleYaml(text, path);
  if (basename(path).startsWith('known_hosts') || knownHostsLine.test(first))
    return readKnownHosts(text, path);
  const hasSections = lines.some((line) => /^\s*\[[^\]]+\]\s*([#;].*)?$/.test(line));
  return hasSections ? readAnsibleIni(text, path) : readPlainList(text, path);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Whether an inventory is made by running it. */
export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return ((await stat(path)).mode & 0o111) !== 0;
  } catch {
    return false;
  }
}
