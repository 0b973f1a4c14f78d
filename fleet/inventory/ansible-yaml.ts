import { defineScalarTag, FAILSAFE_SCHEMA, mergeTag } from 'js-yaml';
import { z } from 'zod';
import { parseDocument } from '../document';
import { hostPattern } from './host-pattern';
import { addHosts, emptyInventory, groupNamed, type Inventory, scalars } from './inventory';
import { problemOf, throwProblems } from './lines';

/** Every scalar as written (`1.10` is no number here); what `!vault` holds is a secret, and left out. */
const asWritten = FAILSAFE_SCHEMA.withTags(
  mergeTag,
  defineScalarTag('!vault', { resolve: () => null, identify: () => false }),
  defineScalarTag('!vault-encrypted', { resolve: () => null, identify: () => false }),
  defineScalarTag('!unsafe', { resolve: (text) => text, identify: () => false }),
);

/** `hosts:` with nothing behind it. */
const nothing = z.literal('').transform(() => ({}));
const variables = z.union([z.record(z.string(), z.unknown()), nothing]).default({});

interface GroupTree {
  readonly hosts: Record<string, Record<string, unknown>>;
  readonly vars: Record<string, unknown>;
  readonly children: Record<string, GroupTree>;
}
const group: z.ZodType<GroupTree> = z.lazy(() =>
  z
    .union([
      z.strictObject({
        hosts: z.union([z.record(z.string(), variables), nothing]).default({}),
        vars: variables,
        children: z.union([z.record(z.string(), group), nothing]).default({}),
      }),
      nothing,
    ])
    .transform((tree) => ({ hosts: {}, vars: {}, children: {}, ...tree })),
);
const tree = z.record(z.string(), group);

/**
 * Ansible's YAML inventory (docs.ansible.com, "yaml inventory"): groups with `hosts`, `vars` and `children`.
 * @throws TG_FILE_INVALID with file:line:column and the key; TG_INVENTORY_INVALID for a range that is wrong.
 */
export function readAnsibleYaml(text: string, path: string): Inventory {
  const inventory = emptyInventory();
  const problems: string[] = [];
  const add = (name: string, found: GroupTree) => {
    const here = groupNamed(inventory, name);
    Object.assign(here.variables, scalars(found.vars));
    for (const [pattern, own] of Object.entries(found.hosts)) {
      try {
        const { names, port } = hostPattern(pattern);
        const variables = { ...(port ? { ansible_port: port } : {}), ...scalars(own) };
        addHosts(inventory, names, variables);
        for (const host of names) here.hosts.push(host);
      } catch (error) {
        problems.push(`${path}: group ${name}: ${problemOf(error)}`);
      }
    }
    for (const [child, below] of Object.entries(found.children)) {
      here.children.push(child);
      add(child, below);
    }
  };
  for (const [name, found] of Object.entries(parseDocument(text, path, tree, asWritten))) add(name, found);
  throwProblems(problems, String);
  return inventory;
}
