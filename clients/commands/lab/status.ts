import { faultsOf } from '../../../lab/break';
import { labStatus } from '../../../lab/status';
import type { Invocation, Outcome } from '../../verb';
import { table } from '../../view/table';
import { labName } from './lab-name';

/** The hosts of a lab as the machine sees them: by their processes and sockets, not over SSH. */
export async function run(invocation: Invocation<{ name?: string }>): Promise<Outcome> {
  const { options, output } = invocation;
  const { lab, hosts, pressure } = labStatus(labName(options));
  const seen = hosts.map((host) => ({ ...host, faults: faultsOf(lab, host.name) }));
  const rows = seen.map((host) => [
    host.name,
    host.address,
    host.domain,
    host.full ? 'systemd' : 'tini',
    host.state,
    host.faults.join(', '),
  ]);
  const columns = ['host', 'address', 'domain', 'init', 'state', 'faults'].map((title) => ({ title }));
  const up = seen.filter(({ state }) => state === 'up').length;
  return {
    json: { name: lab.name, home: lab.home, hosts: seen, pressure: Object.fromEntries(pressure) },
    text: [
      table(columns, rows, output.width),
      '',
      `${up} of ${seen.length} up   CPU wait ${renderPressure(pressure)}`,
      `home: ${lab.home}`,
    ].join('\n'),
  };
}

/** The share of the last ten seconds in which some process of the domain waited for CPU (PSI, cgroup v2). */
function renderPressure(pressure: ReadonlyMap<string, string>): string {
  if (pressure.size === 0) return 'not known to this kernel';
  return [...pressure]
    .map(([domain, text]) => `${domain} ${/some avg10=([\d.]+)/.exec(text)?.[1] ?? '?'} %`)
    .join('   ');
}
