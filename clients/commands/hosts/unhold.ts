import { liftHolds, readHolds } from '../../../fleet/holds';
import { expand } from '../../../model/nodeset';
import { findHome } from '../../../store/home';
import type { Invocation, Outcome } from '../../verb';
import { foldHosts } from '../../view/hosts';
import { counted } from '../../view/sums';

/** Lifts holds; `all` lifts every one. Hosts that have left the fleet can be named too. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const home = findHome(invocation.options.home);
  const [names = ''] = invocation.arguments;
  const held = await readHolds(home.state, new Date());
  const hosts = names === 'all' ? held.map(({ host }) => host) : expand(names);
  await invocation.confirm(`Lift the hold of ${counted(hosts.length, 'host')}?`);
  if (hosts.length > 0) await liftHolds(home.state, hosts);
  const label = 'no longer held: ';
  return {
    json: { lifted: hosts },
    text:
      hosts.length === 0
        ? 'no host is held'
        : foldHosts(hosts, { width: invocation.output.width, label }).join('\n'),
  };
}
