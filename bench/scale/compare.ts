import type { SimulationReport } from '../../lab/simulation/protocol';
import { RolloutRecord } from '../../model/record';
import type { Home } from '../../store/home';
import { Ledger } from '../../store/ledger';
import { eachEntry } from '../../store/rollout-books';

/** More would say nothing more. */
const mostNamed = 20;

/**
 * Asks the ledger and the hosts themselves what has happened.
 * @returns the ledger's sums, and the hosts of which the two do not say the same: another version than that of their
 * state, or not as many applies as the ledger knows operations that were not taken back.
 */
export async function compare(
  home: Home,
  rollout: string,
  hosts: SimulationReport['hosts'],
): Promise<{ counts: Record<string, number>; disagreements: string[] }> {
  const record = new RolloutRecord();
  const operations = new Map<string, Set<string>>();
  await eachEntry(await Ledger.open(home.ledger), rollout, (entry) => {
    record.add(entry);
    if (entry.kind === 'begun' && entry.action === 'apply')
      operations.set(entry.host, (operations.get(entry.host) ?? new Set()).add(entry.operation));
    if (entry.kind === 'void') operations.get(entry.host)?.delete(entry.operation);
  });
  const real = new Map(hosts.map(([name, version, applies]) => [name, { version, applies }]));
  const disagreements: string[] = [];
  for (const [index, { name, state }] of record.hosts) {
    // The control instance, on which the undo was rehearsed.
    if (index < 0) continue;
    const begun = operations.get(name)?.size ?? 0;
    const { version, applies } = real.get(name) ?? { version: '1-1', applies: 0 };
    if (version === (state === 'applied' ? '2-1' : '1-1') && applies === begun) continue;
    disagreements.push(`${name} is ${state} after ${begun} operations; it has ${version} after ${applies}`);
  }
  return { counts: record.counts(), disagreements: disagreements.slice(0, mostNamed) };
}
