import type { Plan } from './plan';
import { shareOf } from './share';

/**
 * How many hosts of a domain may have an operation in progress at once (DESIGN.md, plan defaults).
 * @param size - hosts of the *fleet* in the domain, not only of the rollout: what they share is the domain.
 */
export function domainCap(caps: Plan['caps'], domain: string, size: number): number {
  if (domain === '') return Math.min(caps.withoutDomain, caps.total);
  return Math.min(shareOf(caps.perDomain, size), caps.perDomainMost, caps.total);
}

type Limit = 'wave' | 'budget' | 'caps' | 'total' | 'starts';

/**
 * How many hosts of a wave move at once, and what keeps it from being more.
 * @param domains - domain → hosts of the wave in it.
 * @param budgetLeft - failures that are still allowed; begun and not verified never exceed it (decision 4).
 */
export function atOnce(
  plan: Plan,
  domains: ReadonlyMap<string, { hosts: number; cap: number }>,
  budgetLeft: number,
  expectedMs: number,
): { atOnce: number; limitedBy: Limit } {
  let inWave = 0;
  let byCaps = 0;
  for (const { hosts, cap } of domains.values()) {
    inWave += hosts;
    byCaps += Math.min(hosts, cap);
  }
  const limits: [Limit, number][] = [
    ['wave', inWave],
    ['caps', byCaps],
    ['total', plan.caps.total],
    ['starts', Math.max(1, Math.ceil((plan.caps.startsPerSecond * expectedMs) / 1000))],
  ];
  if (plan.budget.overshoot === 'never') limits.push(['budget', budgetLeft]);
  const least = Math.min(...limits.map(([, n]) => n));
  return { atOnce: least, limitedBy: limits.find(([, n]) => n === least)![0] };
}

/** How long a wave takes when `atOnce` hosts move at once, each for `expectedMs`, started at a limited rate. */
export function waveMs(
  hosts: number,
  atOnceHosts: number,
  expectedMs: number,
  startsPerSecond: number,
): number {
  return Math.max(Math.ceil(hosts / Math.max(1, atOnceHosts)) * expectedMs, (hosts / startsPerSecond) * 1000);
}
