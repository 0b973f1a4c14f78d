import { liftHolds, readHolds } from '../../../fleet/holds';
import { expand } from '../../../model/nodeset';
import { findHome } from '../../../store/home';
import { recordHolds } from '../../record-holds';
import type { Invocation, Outcome } from '../../verb';
import { foldHosts } from '../../view/hosts';
import { counted } from '../../view/sums';

/** Lifts holds; `all` lifts every one. Hosts that have left the fleet can be named too. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { output, actor } = invocation;
  const home = findHome(invocation.options.home);
  const [names = ''] = invocation.arguments;
  const held = await readHolds(home.state, new Date());
  const hosts = names === 'all' ? held.map(({ host }) => host) : expand(names);
  if (hosts.length > 0) await invocation.confirm(`Lift the hold of ${counted(hosts.length, 'host')}?`);
  if (hosts.length === 0) return { json: { lifted: hosts }, text: 'no host is held' };
  const at = new Date().toISOString();
  await liftHolds(home.state, hosts, () => recordHolds(home, { kind: 'lifted', at, hosts, actor }));
  return {
    json: { lifted: hosts, reason: actor.reason },
    text: foldHosts(hosts, { width: output.width, label: 'no longer held: ' }).join('\n'),
  };
}
