/**
 * Puts hosts in an order in which every prefix, and every stretch, holds each domain in proportion.
 * Waves are prefixes of it and batches are stretches of it, so both are spread over the domains.
 * Host i of the n in its domain stands at (i + ½) / n; equal places are in the order of the domain's name.
 * @returns the same hosts, in the order of the rollout.
 */
export function spreadOverDomains<H extends { readonly name: string; readonly domain: string }>(
  hosts: readonly H[],
): H[] {
  const placed: { host: H; place: number }[] = [];
  for (const [, members] of [...byDomain(hosts)].sort(([a], [b]) => compare(a, b))) {
    members.sort((a, b) => compare(a.name, b.name));
    members.forEach((host, i) => {
      placed.push({ host, place: (i + 0.5) / members.length });
    });
  }
  return placed.sort((a, b) => a.place - b.place).map(({ host }) => host);
}

/** @returns domain → its hosts, in the order given. */
export function byDomain<H extends { readonly domain: string }>(hosts: readonly H[]): Map<string, H[]> {
  const domains = new Map<string, H[]>();
  for (const host of hosts) {
    const members = domains.get(host.domain);
    if (members) members.push(host);
    else domains.set(host.domain, [host]);
  }
  return domains;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
