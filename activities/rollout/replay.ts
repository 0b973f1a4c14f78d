import type { Ledger } from '../../store/ledger';
import type { Gate } from '../gate';
import { Chain } from './chain';
import type { Quarantine } from './quarantine';

/**
 * What a worker must know of all rollouts before it does anything, in one pass over the ledger that keeps no more of
 * it: the last operation on each host, the hosts that are quarantined, the gates that are shut, and what was begun and has no end: that has its slot.
 * @param domainOf - the fleet's word; a host that is no longer in it has no domain.
 * @returns the chain, and the rollouts that have ended with operations still in progress.
 */
export async function replay(
  ledger: Ledger,
  gate: Gate,
  quarantine: Quarantine,
  domainOf: (host: string) => string | undefined,
): Promise<{ chain: Chain; endedBefore: string[] }> {
  const closed = new Set<string>();
  const ended = new Set<string>();
  const running = new Map<string, { rollout: string; host: string }>();
  const chain = await Chain.read(ledger, (rollout, entry) => {
    quarantine.see(rollout, entry);
    if (entry.kind === 'gate' && entry.state === 'closed') closed.add(rollout);
    if (entry.kind === 'gate' && entry.state === 'open') closed.delete(rollout);
    if (entry.kind === 'ended rollout') ended.add(rollout);
    if (entry.kind === 'started') ended.delete(rollout);
    if (entry.kind === 'begun') running.set(entry.operation, { rollout, host: entry.host });
    if (entry.kind === 'void' || entry.kind === 'ended') running.delete(entry.operation);
    if (entry.kind === 'cleared')
      for (const [operation, of] of running)
        if (of.rollout === rollout && of.host === entry.host) running.delete(operation);
  });
  for (const rollout of closed) if (!ended.has(rollout)) await gate.close(rollout);
  for (const { rollout, host } of running.values()) gate.hold(rollout, host, domainOf(host) ?? '');
  const endedBefore = new Set(
    [...running.values()].map(({ rollout }) => rollout).filter((id) => ended.has(id)),
  );
  return { chain, endedBefore: [...endedBefore] };
}
