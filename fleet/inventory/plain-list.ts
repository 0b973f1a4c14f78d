import { hostPattern } from './host-pattern';
import { addHosts, emptyInventory, type Inventory, type Variables } from './inventory';
import { assignments, readLines, shellWords } from './lines';

/** These words mean the host itself; in Ansible's formats `port` may be anything, so they are only read here. */
const facts = ['address', 'port', 'account', 'jump'];

/**
 * A name or node set a line, with `key=value` behind it: `web[01-50] port=2222 account=ops rack=r1`.
 * `address`, `port`, `account`, `jump`, `platform` and `owner` are the host's own, other keys are labels.
 * @throws TG_INVENTORY_INVALID with file:line.
 */
export function readPlainList(text: string, path: string): Inventory {
  const inventory = emptyInventory();
  readLines(text, path, (line) => {
    const [pattern, ...rest] = shellWords(line);
    const { names, port } = hostPattern(pattern ?? '');
    const variables = factsNamed({ ...(port ? { port } : {}), ...assignments(rest) });
    addHosts(inventory, names, variables);
  });
  return inventory;
}

function factsNamed(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([key, value]) => [facts.includes(key) ? `tidegate_${key}` : key, value]),
  );
}
