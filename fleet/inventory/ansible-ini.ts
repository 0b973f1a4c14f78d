import { nearest } from '../../model/near';
import { hostPattern } from './host-pattern';
import { addHosts, emptyInventory, groupNamed, type Inventory } from './inventory';
import { assignments, readLines, shellWords, throwProblems } from './lines';

/**
 * Ansible's INI inventory (docs.ansible.com, "INI inventory format"): hosts with `key=value`, `[group]`,
 * `[group:vars]`, `[group:children]`, ranges.
 * @throws TG_INVENTORY_INVALID with file:line.
 */
export function readAnsibleIni(text: string, path: string): Inventory {
  const inventory = emptyInventory();
  const declared = new Set(['all', 'ungrouped']);
  const children: Child[] = [];
  let group = 'ungrouped';
  let kind = 'hosts';
  readLines(text, path, (line, number) => {
    const header = /^\[([^:\]]+)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(line);
    if (header) {
      group = header[1]!.trim();
      kind = header[2] ?? 'hosts';
      if (kind === 'hosts' || kind === 'children') declared.add(group);
      groupNamed(inventory, group);
      if (!['hosts', 'children', 'vars'].includes(kind))
        throw new Error(`[${group}:${kind}]: a section is [group], [group:vars] or [group:children]`);
      return;
    }
    if (line.startsWith('['))
      throw new Error(`${line}: a section is [group], [group:vars] or [group:children]`);
    if (kind === 'vars') Object.assign(groupNamed(inventory, group).variables, groupVariable(line));
    else if (kind === 'children') children.push({ parent: group, child: shellWords(line)[0]!, line: number });
    else readHosts(inventory, group, line);
  });
  linkChildren(inventory, children, declared, path);
  return inventory;
}

function readHosts(inventory: Inventory, group: string, line: string): void {
  const [pattern, ...rest] = shellWords(line);
  const { names, port } = hostPattern(pattern ?? '');
  const variables = { ...(port ? { ansible_port: port } : {}), ...assignments(rest) };
  const { hosts } = groupNamed(inventory, group);
  addHosts(inventory, names, variables);
  for (const name of names) hosts.push(name);
}

/** In `:vars` a line is one variable, and quotes around its whole value are not part of it. */
function groupVariable(line: string): Record<string, string> {
  const equals = line.indexOf('=');
  if (equals < 1) throw new Error(`expected key=value, found ${JSON.stringify(line)}`);
  const value = line.slice(equals + 1).trim();
  const quoted = /^(["'])(.*)\1$/.exec(value);
  return { [line.slice(0, equals).trim()]: quoted ? quoted[2]! : value };
}

interface Child {
  readonly parent: string;
  readonly child: string;
  readonly line: number;
}

function linkChildren(
  inventory: Inventory,
  children: readonly Child[],
  declared: ReadonlySet<string>,
  path: string,
): void {
  const unknown = children.filter(({ child }) => !declared.has(child));
  throwProblems(unknown, ({ child, line }) => {
    const meant = nearest(child, declared, 1)[0];
    return `${path}:${line}  there is no group [${child}]${meant ? `; did you mean ${meant}?` : ''}`;
  });
  for (const { parent, child } of children) groupNamed(inventory, parent).children.push(child);
}
