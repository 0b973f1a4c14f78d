import { TidegateError } from '../../model/errors';
import { addHost, type Group, type Inventory, type Variables } from './inventory';

/** These two hold every host, or those without another group: they say nothing. */
const impliedGroups = new Set(['all', 'ungrouped']);

/**
 * @returns each host with all its variables, as Ansible gives them: those of `all`, then of each group from the
 * outermost to the innermost (by name at one depth), then its own; and `group.<name>: yes` for each of its groups.
 * @throws TG_INVENTORY_INVALID for a group that is its own child.
 */
export function flatten(inventory: Inventory, path: string): Map<string, Variables> {
  for (const { hosts } of inventory.groups.values())
    for (const host of hosts) if (!inventory.hosts.has(host)) addHost(inventory, host, {});
  const flat = new Map<string, Variables>();
  const everything = inventory.groups.get('all')?.variables;
  for (const name of inventory.hosts.keys()) flat.set(name, { ...everything });
  for (const [name, members] of membersFromOutermost(inventory, path)) {
    const { variables } = inventory.groups.get(name)!;
    const label = impliedGroups.has(name) ? {} : { [`group.${name}`]: 'yes' };
    for (const host of members) Object.assign(flat.get(host)!, variables, label);
  }
  for (const [name, own] of inventory.hosts) Object.assign(flat.get(name)!, own);
  return flat;
}

function membersFromOutermost({ groups }: Inventory, path: string): [string, Set<string>][] {
  const depths = depthsOf(groups, path);
  const members = new Map<string, Set<string>>();
  const innermostFirst = [...groups.keys()]
    .filter((name) => name !== 'all')
    .sort((a, b) => depths.get(b)! - depths.get(a)! || (a < b ? 1 : -1));
  for (const name of innermostFirst) {
    const group = groups.get(name)!;
    const own = new Set(group.hosts);
    for (const child of group.children) for (const host of members.get(child) ?? []) own.add(host);
    members.set(name, own);
  }
  return [...members].reverse();
}

function depthsOf(groups: ReadonlyMap<string, Group>, path: string): Map<string, number> {
  const depths = new Map<string, number>([...groups.keys()].map((name) => [name, -1]));
  const deepen = (name: string, depth: number, above: readonly string[]) => {
    if (above.includes(name))
      throw new TidegateError(
        'TG_INVENTORY_INVALID',
        `${path}: group ${name} is its own child: ${[...above, name].join(' → ')}`,
      );
    if (depth <= (depths.get(name) ?? -1)) return;
    depths.set(name, depth);
    for (const child of groups.get(name)?.children ?? []) deepen(child, depth + 1, [...above, name]);
  };
  for (const name of groups.keys()) deepen(name, 0, []);
  return depths;
}
