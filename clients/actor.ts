import { hostname } from 'node:os';
import type { Actor } from '../model/actor';
import { accountName } from '../store/durable';

/**
 * @returns `user@machine`: the person behind sudo when there is one, else the user of this process. Claimed, as
 * the operating system says it, until a mandate's signature proves it.
 */
export function whoActs(
  given: { reason?: string; ticket?: string } = {},
  environment: NodeJS.ProcessEnv = process.env,
): Actor {
  const user = environment.SUDO_USER || accountName();
  const machine = hostname().split('.')[0];
  return { name: `${user}@${machine}`, proof: 'claimed', reason: given.reason, ticket: given.ticket };
}
