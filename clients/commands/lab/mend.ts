import { faultsOf, mendHost } from '../../../lab/break';
import { hostOf, readLab } from '../../../lab/lab';
import { expand } from '../../../model/nodeset';
import type { Invocation, Outcome } from '../../verb';
import { foldHosts } from '../../view/hosts';
import { labName } from './lab-name';

/** Takes the faults of hosts away. */
export async function run(invocation: Invocation<{ name?: string; fault?: string }>): Promise<Outcome> {
  const { options, output } = invocation;
  const lab = readLab(labName(options));
  const [nodeSet] = invocation.arguments;
  const names = nodeSet === undefined ? lab.hosts.map(({ name }) => name) : expand(nodeSet);
  const broken = names.map((name) => hostOf(lab, name).name).filter((name) => faultsOf(lab, name).length > 0);
  for (const host of broken) await mendHost(lab, host, options.fault);
  return {
    json: { mended: broken },
    text:
      broken.length === 0
        ? 'nothing was broken'
        : foldHosts(broken, { width: output.width, label: 'mended: ' }).join('\n'),
  };
}
