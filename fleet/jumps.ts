import { TidegateError } from '../model/errors';
import type { Host } from '../model/fleet';
import { nearest } from '../model/near';
import { bastionOf, targetOf } from './target';

/**
 * Gives every host its jump host: its own, else the fleet's, which the fleet's jump host itself, and those on the
 * way to it, do not get.
 * @param hosts sorted by name.
 * @throws TG_FLEET_INVALID for a jump that is neither a host nor `account@address:port`, or that leads in a circle.
 */
export function routed(hosts: readonly Host[], fleetJump: string | undefined): Host[] {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const onTheWay = new Set<string>();
  for (let name = fleetJump; name !== undefined && !onTheWay.has(name); name = byName.get(name)?.jump)
    onTheWay.add(name);
  const complete = hosts.map((host) =>
    host.jump !== undefined || fleetJump === undefined || onTheWay.has(host.name)
      ? host
      : { ...host, jump: fleetJump },
  );
  const jumps = new Map<string, Host>();
  for (const host of complete) if (host.jump !== undefined) jumps.set(host.jump, host);
  for (const [jump, host] of jumps) {
    if (!byName.has(jump) && !bastionOf(jump)) throw leadsNowhere(jump, host, byName.keys());
    targetOf(host, { hosts: complete });
  }
  return complete;
}

function leadsNowhere(jump: string, host: Host, names: Iterable<string>): TidegateError {
  const meant = nearest(jump, names, 1)[0];
  return new TidegateError('TG_FLEET_INVALID', {
    detail: `${host.name}: jump ${jump} is neither a host of the fleet nor account@address:port${
      meant ? `; did you mean ${meant}?` : ''
    }`,
    hosts: [host.name],
  });
}
