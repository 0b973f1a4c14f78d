/** Variables of Ansible, or `key=value` of a list: scalars, as text. */
export type Variables = Record<string, string>;

export interface Group {
  readonly hosts: string[];
  readonly children: string[];
  readonly variables: Variables;
}

/** What every format of inventory is read into. */
export interface Inventory {
  readonly hosts: Map<string, Variables>;
  readonly groups: Map<string, Group>;
}

export function emptyInventory(): Inventory {
  return { hosts: new Map(), groups: new Map() };
}

/** @returns the group of that name, made when it is new. */
export function groupNamed(inventory: Inventory, name: string): Group {
  let group = inventory.groups.get(name);
  if (!group) {
    group = { hosts: [], children: [], variables: {} };
    inventory.groups.set(name, group);
  }
  return group;
}

/** Adds what is said of a host in one place to what was said of it before. */
export function addHost(inventory: Inventory, name: string, variables: Variables): void {
  const known = inventory.hosts.get(name);
  if (known) Object.assign(known, variables);
  else inventory.hosts.set(name, { ...variables });
}

/** Keeps the scalars, as text: lists and mappings are no labels. `!unsafe` text comes as an object in JSON. */
export function scalars(values: Readonly<Record<string, unknown>>): Variables {
  const variables: Variables = {};
  for (const key in values) {
    const value = values[key];
    if (typeof value === 'string') variables[key] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') variables[key] = String(value);
    else if (typeof value === 'object' && value !== null && '__ansible_unsafe' in value)
      variables[key] = String(value.__ansible_unsafe);
  }
  return variables;
}
