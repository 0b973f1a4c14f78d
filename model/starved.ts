import { fold } from './nodeset';

/** The right to have an operation in progress on a host, as far as others wait for it. */
export interface Taken {
  readonly holder: string;
  readonly host: string;
  readonly domain: string;
  /** It counts against the caps of domains. */
  readonly underCaps: boolean;
  /** Its operation is past its deadline: nobody knows when it ends. */
  readonly overdue: boolean;
}

export interface Wanted {
  readonly holder: string;
  readonly host: string;
  readonly domain: string;
  /** Operations at once in the domain, and in all. */
  readonly caps: { readonly domain: number; readonly total: number };
}

/** Hosts of a domain that wait for what another has, or for what is overdue. */
export interface Wait {
  readonly domain: string;
  /** How many hosts wait. */
  readonly waiting: number;
  readonly holder: string;
  /** Node set of the hosts that have the slots. */
  readonly hosts: string;
  readonly overdue: boolean;
}

/**
 * Who keeps a host from beginning, when its holder can only wait for it (DESIGN.md decision 1).
 * @returns what is in the way; nothing when there is room, or when an operation of the holder's own will make some.
 */
export function starvedBy(wanted: Wanted, taken: readonly Taken[]): Taken[] {
  const inTheWay = inTheWayOf(wanted, taken);
  return inTheWay.some(({ holder, overdue }) => holder === wanted.holder && !overdue) ? [] : inTheWay;
}

/** Folds what each waiting host waits for into a line for each domain and holder, the fullest first. */
export function waitsOf(waiting: Iterable<{ domain: string; taken: readonly Taken[] }>): Wait[] {
  const found = new Map<string, Wait & { waiting: number; on: Set<string> }>();
  for (const { domain, taken } of waiting) {
    const counted = new Set<string>();
    for (const { holder, host, overdue } of taken) {
      const key = JSON.stringify([domain, holder, overdue]);
      const wait = found.get(key) ?? {
        domain,
        waiting: 0,
        holder,
        hosts: '',
        overdue,
        on: new Set<string>(),
      };
      found.set(key, wait);
      wait.on.add(host);
      if (!counted.has(key)) wait.waiting += 1;
      counted.add(key);
    }
  }
  return [...found.values()]
    .map(({ on, ...wait }) => ({ ...wait, hosts: fold([...on].sort()) }))
    .sort((a, b) => b.waiting - a.waiting);
}

function inTheWayOf({ host, domain, caps }: Wanted, taken: readonly Taken[]): Taken[] {
  const onHost = taken.filter((slot) => slot.host === host);
  if (onHost.length > 0) return onHost;
  const counted = taken.filter(({ underCaps }) => underCaps);
  const inDomain = counted.filter((slot) => slot.domain === domain);
  if (inDomain.length >= caps.domain) return inDomain;
  return counted.length >= caps.total ? counted : [];
}
