import { addHosts, emptyInventory, type Inventory } from './inventory';
import { readLines } from './lines';

/** A line of known_hosts: names, type of key, key (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export const knownHostsLine = /^(?:@\S+\s+)?\S+\s+(?:ssh-|ecdsa-|sk-)\S+\s+AAAA/;

/**
 * The hosts that an OpenSSH known_hosts file names, with their ports. A line's first name that is not an address
 * names the host; wildcards, `@revoked` and `@cert-authority` lines name none.
 * @throws TG_INVENTORY_INVALID with file:line for hashed names (they cannot be read back).
 */
export function readKnownHosts(text: string, path: string): Inventory {
  const inventory = emptyInventory();
  const names = new Map<string, string>();
  readLines(text, path, (line) => {
    if (line.startsWith('@')) return;
    if (!knownHostsLine.test(line)) throw new Error('is not a line of known_hosts: names, type of key, key');
    const patterns = line.split(/\s+/, 1)[0]!;
    if (patterns.startsWith('|1|'))
      throw new Error(
        'the name is hashed (HashKnownHosts) and cannot be read back; write the names in a plain list instead',
      );
    const places = patterns.split(',').filter(isName).map(placeOf);
    if (places.length === 0 && !/[*?!]/.test(patterns))
      throw new Error(`${patterns} gives no name for a host; write one in a plain list, with address=`);
    const named = places.find(({ host }) => !/^[\d.]+$/.test(host)) ?? places[0];
    if (!named || places.some(({ host, port }) => names.has(`${host} ${port}`))) return;
    const name = inventory.hosts.has(named.host) ? `${named.host}-${named.port}` : named.host;
    addHosts(inventory, [name], { tidegate_address: named.host, tidegate_port: named.port });
    for (const { host, port } of places) names.set(`${host} ${port}`, name);
  });
  return inventory;
}

/** Patterns name no one host; an IPv6 address names none in a fleet. */
function isName(pattern: string): boolean {
  return !/[*?!]/.test(pattern) && !pattern.replace(/^\[(.*)\]:\d+$/, '$1').includes(':');
}

function placeOf(pattern: string): { host: string; port: string } {
  const match = /^\[(.*)\]:(\d+)$/.exec(pattern);
  return match ? { host: match[1]!, port: match[2]! } : { host: pattern, port: '22' };
}
