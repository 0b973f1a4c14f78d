import { readFileSync } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import { hasCode } from '../store/durable';
import { readPlainList } from './inventory/plain-list';

/** What a list of hosts ends with: a selector must not be able to read keys or state aloud. */
const listName = /\.(hosts|list|txt)$/;

/**
 * What `@file` stands for in a selector: a plain list (a name or node set a line) in the fleet's folder, or below
 * it, named `….hosts`, `….list` or `….txt`.
 * @returns for `select`'s `groups`: the names in the file; undefined when there is no such list.
 * @throws TG_INVENTORY_INVALID with file:line, when it is asked for a list that cannot be read.
 */
export function hostLists(folder: string): (name: string) => string[] | undefined {
  return (name) => {
    const inside = normalize(name);
    if (!listName.test(inside) || inside.startsWith(`..${sep}`) || inside.startsWith(sep)) return undefined;
    const path = join(folder, inside);
    try {
      return [...readPlainList(readFileSync(path, 'utf8'), path).hosts.keys()];
    } catch (error) {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'EISDIR')) return undefined;
      throw error;
    }
  };
}
