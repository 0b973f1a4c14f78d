import type { Evidence, Violation } from './evidence';

interface Span {
  readonly host: string;
  readonly domain: string;
  readonly beganMs: number;
  readonly endedMs: number;
}

/** 4: never more hosts of a domain, or in all, with an operation in progress than the caps allow, by the hosts' own clocks. */
export function keptCaps(evidence: Evidence): Violation[] {
  const { perDomain, total } = evidence.setup;
  const spans = spansOf(evidence);
  const violations: Violation[] = [];
  for (const at of spans) {
    const then = spans.filter(({ beganMs, endedMs }) => beganMs <= at.beganMs && at.beganMs < endedMs);
    const beside = then.filter(({ domain }) => domain === at.domain && domain !== '');
    const names = (list: readonly Span[]) => [...new Set(list.map(({ host }) => host))].sort();
    if (names(beside).length > perDomain)
      violations.push({
        invariant: 4,
        host: at.host,
        what: `${names(beside)} of ${at.domain} at once, of ${perDomain}`,
      });
    if (names(then).length > total)
      violations.push({ invariant: 4, host: at.host, what: `${names(then)} at once, of ${total}` });
  }
  return violations;
}

/** From its request to its result; of one that was lost, to the last that its host knows of it. */
function spansOf({ facts, entries, domains }: Evidence): Span[] {
  const ours = new Set(entries.flatMap((entry) => (entry.kind === 'begun' ? [entry.operation] : [])));
  return [...facts.values()].flatMap(({ host, operations, calls }) =>
    operations
      .filter(({ id }) => ours.has(id))
      .map(({ id, beganMs, endedMs }) => {
        const known = calls
          .filter(({ folder }) => folder.endsWith(id))
          .map((call) => call.endedMs ?? call.beganMs);
        const domain = domains.get(host) ?? '';
        return { host, domain, beganMs, endedMs: endedMs ?? Math.max(beganMs, ...known) };
      }),
  );
}
