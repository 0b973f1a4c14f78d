import type { Ledger } from '../../store/ledger';
import { Chain } from './chain';
import type { Gate } from './gate';

/**
 * What a worker must know of all rollouts before it does anything, in one pass over the ledger that keeps no more of
 * it: the last operation on each host, and the gates that are shut.
 * @returns the chain; closed gates stay closed over a restart, from before the first activity runs.
 */
export async function replay(ledger: Ledger, gate: Gate): Promise<Chain> {
  const closed = new Set<string>();
  const ended = new Set<string>();
  const chain = await Chain.read(ledger, (rollout, entry) => {
    if (entry.kind === 'gate' && entry.state === 'closed') closed.add(rollout);
    if (entry.kind === 'gate' && entry.state === 'open') closed.delete(rollout);
    if (entry.kind === 'ended rollout') ended.add(rollout);
    if (entry.kind === 'started') ended.delete(rollout);
  });
  for (const rollout of closed) if (!ended.has(rollout)) await gate.close(rollout);
  return chain;
}
