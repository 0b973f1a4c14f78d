import type { Hold, Host } from '../../model/fleet';
import { fold } from '../../model/nodeset';
import { stampMinute } from './clock';
import { counted } from './sums';
import { table } from './table';

type ListedHost = Host & { readonly hold?: Hold };

/** One line a host. */
export function hostTable(hosts: readonly ListedHost[], width: number): string {
  const titles = ['host', 'address', 'platform', 'domain', 'owner', 'held'];
  const rows = hosts.map((host) => [
    host.name,
    host.port === 22 ? host.address : `${host.address}:${host.port}`,
    host.platform,
    host.domain,
    host.owner ?? '',
    host.hold === undefined ? '' : holdText(host.hold),
  ]);
  return `${withoutEmpty(titles, rows, width)}\n${counted(hosts.length, 'host')}`;
}

/** One line a domain and platform, its hosts as node sets. */
export function foldedHostTable(hosts: readonly ListedHost[], width: number): string {
  const groups = new Map<string, { domain: string; platform: string; names: string[]; held: number }>();
  for (const { name, domain, platform, hold } of hosts) {
    const key = JSON.stringify([domain, platform]);
    const group = groups.get(key) ?? { domain, platform, names: [], held: 0 };
    groups.set(key, group);
    group.names.push(name);
    if (hold) group.held += 1;
  }
  const rows = [...groups.values()].map(({ domain, platform, names, held }) => [
    domain === '' ? '(none)' : domain,
    platform,
    String(names.length),
    held === 0 ? '' : String(held),
    fold(names),
  ]);
  const drawn = withoutEmpty(['domain', 'platform', 'hosts', 'held', 'names'], rows, width);
  return `${drawn}\n${counted(hosts.length, 'host')}`;
}

/** Columns that say nothing about any row are left out. */
function withoutEmpty(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const kept = titles.map((_, index) => rows.some((row) => row[index] !== ''));
  const columns = titles
    .filter((_, index) => kept[index])
    .map((title) => ({ title, align: title === 'hosts' ? ('right' as const) : ('left' as const) }));
  return table(
    columns,
    rows.map((row) => row.filter((_, index) => kept[index])),
    width,
  );
}

function holdText({ until, reason, actor }: Hold): string {
  return `${until === undefined ? '' : `until ${stampMinute(until)} `}${reason} (${actor})`;
}
