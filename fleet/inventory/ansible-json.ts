import { z } from 'zod';
import { TidegateError } from '../../model/errors';
import { problemsOf } from '../problems';
import { addHosts, emptyInventory, groupNamed, type Inventory, scalars } from './inventory';

const variables = z.record(z.string(), z.unknown());
const group = z.union([
  z.array(z.string()),
  z.looseObject({
    hosts: z.array(z.string()).optional(),
    children: z.array(z.string()).optional(),
    vars: variables.optional(),
  }),
]);
const listing = z
  .looseObject({ _meta: z.looseObject({ hostvars: z.record(z.string(), variables).optional() }).optional() })
  .catchall(group);

/**
 * What an inventory program prints for `--list` (docs.ansible.com, "Developing dynamic inventory"): groups, and
 * the hosts' variables in `_meta.hostvars`. It is not called once a host with `--host`: `_meta` is the only source.
 * @param source what messages call it.
 * @throws TG_INVENTORY_INVALID.
 */
export function readAnsibleJson(text: string, source: string): Inventory {
  const { _meta: meta, ...groups } = parseListing(text, source);
  const inventory = emptyInventory();
  for (const [name, values] of Object.entries(meta?.hostvars ?? {}))
    addHosts(inventory, [name], scalars(values));
  for (const [name, found] of Object.entries(groups)) {
    const here = groupNamed(inventory, name);
    const { hosts, children, vars } = Array.isArray(found)
      ? { hosts: found, children: [], vars: {} }
      : { hosts: found.hosts ?? [], children: found.children ?? [], vars: found.vars ?? {} };
    Object.assign(here.variables, scalars(vars));
    for (const host of hosts) here.hosts.push(host);
    for (const child of children) here.children.push(child);
  }
  return inventory;
}

function parseListing(text: string, source: string): z.infer<typeof listing> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const begin = JSON.stringify(text.slice(0, 60));
    throw new TidegateError('TG_INVENTORY_INVALID', `${source}: not JSON (${why}); it begins with ${begin}`);
  }
  const parsed = listing.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first] = problemsOf(parsed.error.issues, listing, value);
  throw new TidegateError('TG_INVENTORY_INVALID', `${source}: ${first?.path.join('.')}: ${first?.text}`);
}
