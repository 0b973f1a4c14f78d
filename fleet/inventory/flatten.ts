import { TidegateError } from '../../model/errors';
import { addHosts, countVariables, type Group, type Inventory, type Variables } from './inventory';

/** These two hold every host, or those without another group: they say nothing. */
const impliedGroups = new Set(['all', 'ungrouped']);

/**
 * @returns each host with all its variables, as Ansible gives them: those of `all`, then of each group from the
 * outermost to the innermost (by name at one depth), then its own; and `group.<name>: yes` for each of its groups.
 * @throws TG_INVENTORY_INVALID for a group that is its own child, and when they are too many.
 */
export function flatten(inventory: Inventory, path: string): Map<string, Variables> {
  for (const { hosts } of inventory.groups.values())
    for (const host of hosts) if (!inventory.hosts.has(host)) addHosts(inventory, [host], {});
  const flat = new Map<string, Variables>();
  const everything = inventory.groups.get('all')?.variables ?? {};
  countVariables(inventory, inventory.hosts.size, everything);
  for (const name of inventory.hosts.keys()) flat.set(name, { ...everything });
  for (const [name, members] of membersFromOutermost(inventory, path)) {
    const { variables } = inventory.groups.get(name)!;
    const label = impliedGroups.has(name) ? {} : { [`group.${name}`]: 'yes' };
    for (const host of members) Object.assign(flat.get(host)!, variables, label);
  }
  for (const [name, own] of inventory.hosts) Object.assign(flat.get(name)!, own);
  return flat;
}

function membersFromOutermost(inventory: Inventory, path: string): [string, Set<string>][] {
  const { groups } = inventory;
  const depths = depthsOf(groups, path);
  const members = new Map<string, Set<string>>();
  const innermostFirst = [...groups.keys()]
    .filter((name) => name !== 'all')
    .sort((a, b) => depths.get(b)! - depths.get(a)! || (a < b ? 1 : -1));
  for (const name of innermostFirst) {
    const group = groups.get(name)!;
    const own = new Set(group.hosts);
    for (const child of group.children) for (const host of members.get(child) ?? []) own.add(host);
    countVariables(inventory, own.size, group.variables);
    members.set(name, own);
  }
  return [...members].reverse();
}

/** The longest way to each group from one that is nobody's child. A group is looked at when all above it are. */
function depthsOf(groups: ReadonlyMap<string, Group>, path: string): Map<string, number> {
  const depths = new Map<string, number>([...groups.keys()].map((name) => [name, 0]));
  const parentsLeft = new Map<string, number>();
  for (const { children } of groups.values())
    for (const child of children) parentsLeft.set(child, (parentsLeft.get(child) ?? 0) + 1);
  const ready = [...groups.keys()].filter((name) => !parentsLeft.has(name));
  for (const name of ready)
    for (const child of groups.get(name)?.children ?? []) {
      depths.set(child, Math.max(depths.get(child) ?? 0, depths.get(name)! + 1));
      const left = parentsLeft.get(child)! - 1;
      parentsLeft.set(child, left);
      if (left === 0) ready.push(child);
    }
  const circling = [...groups.keys()].filter((name) => (parentsLeft.get(name) ?? 0) > 0);
  if (circling.length > 0) throw ownChild(circling, groups, path);
  return depths;
}

/** Of groups that circle, or are below such: goes up from one to a parent among them until it comes by again. */
function ownChild(
  circling: readonly string[],
  groups: ReadonlyMap<string, Group>,
  path: string,
): TidegateError {
  const parentOf = new Map<string, string>();
  for (const name of circling)
    for (const child of groups.get(name)?.children ?? []) if (!parentOf.has(child)) parentOf.set(child, name);
  const way = new Set<string>();
  let at = circling[0]!;
  for (; !way.has(at); at = parentOf.get(at)!) way.add(at);
  const up = [...way];
  const circle = [at, ...up.slice(up.indexOf(at)).reverse()];
  return new TidegateError(
    'TG_INVENTORY_INVALID',
    `${path}: group ${at} is its own child: ${circle.join(' → ')}`,
  );
}
