import { labsWithCgroups } from '../../../lab/cgroups';
import { labDown } from '../../../lab/down';
import { labExists, labHome, labMissing, readLab } from '../../../lab/lab';
import { TidegateError } from '../../../model/errors';
import { type Home, homeAt } from '../../../store/home';
import { holderWords, lockHolder, toEnd } from '../../../store/lock';
import type { Invocation, Outcome } from '../../verb';
import { counted } from '../../view/sums';
import { labName } from './lab-name';

/** Takes a lab down, also one that came up half-way. Its home goes with it: key, store and ledger. */
export async function run(invocation: Invocation<{ name?: string }>): Promise<Outcome> {
  const name = labName(invocation.options);
  const hosts = hostsOf(name);
  await refuseUnderWorker(homeAt(labHome(name)));
  await invocation.confirm(`Take lab «${name}» down, ${counted(hosts, 'host')} and its home?`);
  await labDown(name);
  return { json: { down: name }, text: `nothing of lab «${name}» is left` };
}

/**
 * A lab that was killed while it came up may not have been written down.
 * @throws TG_LAB_MISSING when there is nothing of that name
 */
function hostsOf(name: string): number {
  if (!labExists(name) && !labsWithCgroups().includes(name)) throw labMissing(name);
  try {
    return readLab(name).hosts.length;
  } catch {
    return 0;
  }
}

/** Its worker would go on without a key, a store and a ledger. @throws TG_WORKER_RUNNING */
async function refuseUnderWorker(home: Home): Promise<void> {
  const holder = await lockHolder(home.lockFile);
  if (holder === undefined) return;
  throw new TidegateError('TG_WORKER_RUNNING', {
    detail: `${holderWords(holder)} holds ${home.folder}`,
    next: `Ctrl-C in its terminal, or: ${toEnd(holder, home.lockFile)}`,
  });
}
