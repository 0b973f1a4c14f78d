import { TidegateError } from '../../model/errors';

/** Ten times the largest fleet we are made for: a file that names more is a typing error, or made to fill the memory. */
const mostHosts = 1_000_000;
/** Variables of groups and of ranges count for each of their hosts: a few hundred lines can say a billion. */
const mostVariables = 30_000_000;

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
  /** How many variables were given to hosts. */
  variables: number;
}

export function emptyInventory(): Inventory {
  return { hosts: new Map(), groups: new Map(), variables: 0 };
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

/** Adds what is said of hosts in one place to what was said of them before. @throws as `countVariables`. */
export function addHosts(inventory: Inventory, names: readonly string[], variables: Variables): void {
  if (inventory.hosts.size + names.length > mostHosts) throw tooMany();
  countVariables(inventory, names.length, variables);
  for (const name of names) {
    const known = inventory.hosts.get(name);
    if (known) Object.assign(known, variables);
    else inventory.hosts.set(name, { ...variables });
  }
}

/** Called before so many hosts are given variables. @throws TG_INVENTORY_INVALID when they are too many. */
export function countVariables(inventory: Inventory, hosts: number, variables: Variables): void {
  inventory.variables += hosts * (1 + Object.keys(variables).length);
  if (inventory.variables > mostVariables) throw tooMany();
}

function tooMany(): TidegateError {
  return new TidegateError(
    'TG_INVENTORY_INVALID',
    `the inventory names more than ${mostHosts} hosts, or gives them more than ${mostVariables} variables`,
  );
}

/** Keeps the scalars, as text: lists and mappings are no labels. `!unsafe` text comes as an object in JSON. */
export function scalars(values: Readonly<Record<string, unknown>>): Variables {
  const variables: Variables = {};
  for (const key in values) {
    const value = values[key];
    if (typeof value === 'string') variables[key] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') variables[key] = String(value);
    else if (typeof value === 'object' && value !== null && '__ansible_unsafe' in value)
      Object.assign(variables, scalars({ [key]: value.__ansible_unsafe }));
  }
  return variables;
}
