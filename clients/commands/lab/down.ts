import { labDown } from '../../../lab/down';
import { readLab } from '../../../lab/lab';
import type { Invocation, Outcome } from '../../verb';
import { counted } from '../../view/sums';
import { labName } from './lab-name';

/** Takes a lab down, also one that came up half-way. Its home goes with it: key, store and ledger. */
export async function run(invocation: Invocation<{ name?: string }>): Promise<Outcome> {
  const name = labName(invocation.options);
  await invocation.confirm(`Take lab «${name}» down, ${counted(hostsOf(name), 'host')} and its home?`);
  await labDown(name);
  return { json: { down: name }, text: `nothing of lab «${name}» is left` };
}

/** A lab that was killed while it came up may not have been written down. */
function hostsOf(name: string): number {
  try {
    return readLab(name).hosts.length;
  } catch {
    return 0;
  }
}
