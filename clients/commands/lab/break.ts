import { breakHost, faults } from '../../../lab/break';
import { hostOf, readLab } from '../../../lab/lab';
import { TidegateError } from '../../../model/errors';
import { expand } from '../../../model/nodeset';
import type { Invocation, Outcome } from '../../verb';
import { foldHosts } from '../../view/hosts';
import { table } from '../../view/table';
import { labName, sameLab } from './lab-name';

/** Breaks hosts of the lab, and no others: a name that is not the lab's stops it before anything is broken. */
export async function run(
  invocation: Invocation<{ name?: string; path?: string; afterBytes?: number }>,
): Promise<Outcome> {
  const { options, output } = invocation;
  const [nodeSet, fault] = invocation.arguments;
  if (nodeSet === undefined) return listFaults(output.width);
  if (fault === undefined)
    throw new TidegateError('TG_USAGE', { detail: 'the fault is missing', next: 'tidegate lab break' });
  const lab = readLab(labName(options));
  const hosts = expand(nodeSet).map((host) => hostOf(lab, host).name);
  const { path, afterBytes } = options;
  for (const host of hosts) await breakHost(lab, host, fault, { path, afterBytes });
  return {
    json: { broken: hosts, fault },
    text: [
      ...foldHosts(hosts, { width: output.width, label: `${fault}: ` }),
      `Next: tidegate lab mend ${nodeSet}${sameLab(options)}`,
    ].join('\n'),
  };
}

function listFaults(width: number): Outcome {
  const rows = faults.map(({ name, summary }) => [name, summary]);
  return {
    json: faults.map(({ name, summary, takes = [] }) => ({ name, summary, takes })),
    text: table([{ title: 'fault' }, { title: 'what happens' }], rows, width),
  };
}
