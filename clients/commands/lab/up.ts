import { join } from 'node:path';
import { printProgress } from '../../../lab/progress';
import { labUp } from '../../../lab/up';
import { type Invocation, interrupted, type Outcome } from '../../verb';
import { foldHosts } from '../../view/hosts';
import { counted } from '../../view/sums';
import { labName, sameLab } from './lab-name';

/** Makes a lab and says how to use it. It stays when this process ends. */
export async function run(
  invocation: Invocation<{ name?: string; hosts?: number; domains?: number; full?: number }>,
): Promise<Outcome> {
  const { options, output } = invocation;
  const { hosts = 12, domains = 3, full } = options;
  const name = labName(options);
  process.once('SIGINT', () => {
    output.note(`Left half-way.   Take down what is there: tidegate lab down --name ${name}`);
    process.exit(interrupted);
  });
  const lab = await labUp({
    name,
    hosts,
    domains: Math.min(domains, hosts),
    full,
    onProgress: printProgress((line) => output.note(line.trimEnd())),
  });
  const { home, platform, domains: made, cpusPerDomain, vendorPackages } = lab;
  const names = lab.hosts.map((host) => host.name);
  const fullNames = lab.hosts.filter((host) => host.full).map((host) => host.name);
  return {
    json: { name, home, platform, domains: made, cpusPerDomain, vendorPackages, hosts: lab.hosts },
    text: [
      ...foldHosts(names, { width: output.width, label: 'up: ' }),
      ...(full ? foldHosts(fullNames, { width: output.width, label: 'with systemd: ' }) : []),
      `in ${counted(made.length, 'domain')}, ${cpusPerDomain.toFixed(2)} CPUs each; ctl1 is the control instance`,
      `Next: export TIDEGATE_HOME=${home}`,
      '      tidegate up                          in another terminal: Temporal and the worker',
      '      tidegate hosts check                 changes nothing',
      `      tidegate artifacts import ${join(vendorPackages, '*.rpm')}`,
      '                                           what the hosts have, so that undo can go back to it',
      `      tidegate lab down${sameLab(options)}   when done`,
    ].join('\n'),
    verbatim: true,
  };
}
