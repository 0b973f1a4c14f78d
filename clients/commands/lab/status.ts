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
  const waits = [...pressure].map(([domain, text]) => [domain, waitPercent(text)] as const);
  const up = seen.filter(({ state }) => state === 'up').length;
  return {
    json: { name: lab.name, home: lab.home, hosts: seen, cpuWaitPercent: Object.fromEntries(waits) },
    text: [
      table(columns, rows, output.width),
      '',
      `${up} of ${seen.length} up   CPU wait ${renderWaits(waits)}`,
      `home: ${lab.home}`,
    ].join('\n'),
  };
}

/** The share of the last ten seconds in which some process of the domain waited for CPU (PSI, cgroup v2). */
function waitPercent(pressure: string): number {
  return Number(/some avg10=([\d.]+)/.exec(pressure)?.[1] ?? 0);
}

function renderWaits(waits: readonly (readonly [domain: string, percent: number])[]): string {
  if (waits.length === 0) return 'not known to this kernel';
  return waits.map(([domain, percent]) => `${domain} ${percent.toFixed(2)} %`).join('   ');
}
