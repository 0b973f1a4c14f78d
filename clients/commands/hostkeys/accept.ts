import { acceptHostKeyOrder } from '../../../model/orders';
import { findHome } from '../../../store/home';
import type { AcceptHostKeyInput, AcceptHostKeyResult } from '../../../workflows/contract/hosts';
import { fleetName, runProcedure } from '../../procedure';
import { signOrder } from '../../sign-order';
import type { Invocation, Outcome } from '../../verb';

/** Pins the key that a host offers now, when it has the fingerprint that a person read on the host's console. */
export async function run(invocation: Invocation<{ fingerprint: string }>): Promise<Outcome> {
  const { options, output, actor } = invocation;
  const home = findHome(options.home);
  const [host = ''] = invocation.arguments;
  await invocation.confirm(`Pin ${options.fingerprint} as the one key of ${host}?`);
  const key = { host, fingerprint: options.fingerprint };
  const input: AcceptHostKeyInput = {
    fleet: await fleetName(home),
    ...key,
    actor,
    mandate: await signOrder(home, invocation, acceptHostKeyOrder(key)),
  };
  const { type, file } = await runProcedure<AcceptHostKeyResult>(home, {
    workflow: 'acceptHostKey',
    input,
    doing: `asking ${host} for its key`,
    output,
  });
  return {
    json: { host, type, fingerprint: options.fingerprint, file },
    text: `${host}: ${type} ${options.fingerprint}\nis pinned in ${file}\nNext: tidegate hosts check ${host}`,
  };
}
