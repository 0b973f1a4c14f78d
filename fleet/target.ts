import { TidegateError } from '../model/errors';
import type { Fleet, Host } from '../model/fleet';
import type { Target } from '../ssh/target';

/** @returns how ssh/ reaches a host, through its jump hosts. @throws TG_FLEET_INVALID for a jump that leads nowhere. */
export function targetOf(host: Host, fleet: Fleet): Target {
  return follow(host, fleet, new Set());
}

function follow(host: Host, fleet: Fleet, passed: Set<string>): Target {
  const { name, address, port, account, jump } = host;
  if (jump === undefined) return { name, address, port, account };
  if (passed.has(name)) throw new TidegateError('TG_FLEET_INVALID', `${name} is reached through itself`);
  return { name, address, port, account, jump: jumpOf(jump, fleet, new Set([...passed, name])) };
}

function jumpOf(jump: string, fleet: Fleet, passed: Set<string>): Target {
  const known = fleet.hosts.find(({ name }) => name === jump);
  if (known) return follow(known, fleet, passed);
  const found = /^(?<account>[^@]+)@(?<address>[^:]+)(?::(?<port>\d+))?$/.exec(jump)?.groups;
  if (!found?.account || !found.address)
    throw new TidegateError(
      'TG_FLEET_INVALID',
      `jump host ${jump} is neither a host of the fleet nor account@address:port`,
    );
  return { name: jump, address: found.address, port: Number(found.port ?? 22), account: found.account };
}
