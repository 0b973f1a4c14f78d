import { TidegateError } from '../model/errors';
import type { Fleet, Host } from '../model/fleet';
import type { Target } from '../ssh/target';

/**
 * @returns how ssh/ reaches a host, through its jump hosts.
 * @throws TG_FLEET_INVALID for a jump that leads nowhere, in a circle or through too many hosts; loadFleet has refused both.
 */
export function targetOf(host: Host, fleet: Pick<Fleet, 'hosts'>): Target {
  return follow(host, fleet.hosts, []);
}

/** @param hosts sorted by name, as a fleet's are. @returns the host of that name. */
export function hostNamed(hosts: readonly Host[], name: string): Host | undefined {
  let low = 0;
  let high = hosts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hosts[middle]!.name < name) low = middle + 1;
    else high = middle;
  }
  return hosts[low]?.name === name ? hosts[low] : undefined;
}

/** @returns what `account@address:port` says (22 when it has no port); undefined when it is not that. */
export function bastionOf(jump: string): Target | undefined {
  const match = /^([^@\s-][^@\s]*)@(?:\[([^\]\s]+)\]|([^@:\s[\]-][^@:\s[\]]*))(?::(\d{1,5}))?$/.exec(jump);
  if (!match) return undefined;
  const [, account = '', bracketed, plain, port = '22'] = match;
  const known = { name: jump, address: bracketed ?? plain ?? '', port: Number(port), account };
  return known.port >= 1 && known.port <= 65535 ? known : undefined;
}

/** More in a row connect nobody, and following thousands takes for ever. */
const mostJumps = 10;

function follow(host: Host, hosts: readonly Host[], passed: readonly string[]): Target {
  const { name, address, port, account, jump } = host;
  if (jump === undefined) return { name, address, port, account };
  const way = [...passed, name];
  if (passed.includes(name))
    throw new TidegateError('TG_FLEET_INVALID', `${way.join(' → ')}: a jump host is reached through itself`);
  if (way.length > mostJumps)
    throw new TidegateError(
      'TG_FLEET_INVALID',
      `${way.join(' → ')}: more than ${mostJumps} jump hosts in a row`,
    );
  const through = hostNamed(hosts, jump);
  const target = through ? follow(through, hosts, way) : bastionOf(jump);
  if (!target)
    throw new TidegateError(
      'TG_FLEET_INVALID',
      `${name}: jump ${jump} is neither a host of the fleet nor account@address:port`,
    );
  return { name, address, port, account, jump: target };
}
