import type { RolloutEntry } from '../../../model/ledger';
import { planSchema } from '../../../model/plan';
import type { PlannedHost, PlanRecord } from '../../../model/plan-record';
import { RolloutRecord } from '../../../model/record';

export const startMs = Date.parse('2026-03-14T22:00:00Z');
const digest = (letter: string) => letter.repeat(64);

/** 40 hosts in two domains; waves of 1, 3 and 36. */
export const list: PlannedHost[] = Array.from({ length: 40 }, (_, index) => ({
  name: `web${String(index + 1).padStart(3, '0')}`,
  domain: index % 2 === 0 ? 'lpar1' : 'lpar2',
  platform: 'debian12-x86_64',
  from: '6.0-28',
}));

export const plan: PlanRecord = {
  fleet: 'prod',
  fleetDigest: digest('f'),
  planPath: 'plan.yaml',
  planFile: digest('e'),
  plan: planSchema.parse({ package: 'unzip', hosts: 'env=prod' }),
  artifact: {
    digest: digest('a'),
    package: 'unzip',
    version: '6.0-28.1',
    platforms: {},
    origin: 'built',
    signedBy: '9F3A000000000000000000000000000000000C21',
    createdAt: '2026-03-14T20:00:00Z',
  },
  list: digest('b'),
  selected: 45,
  hosts: 40,
  untouched: { already: { count: 3, hosts: 'db[1-3]' }, held: { count: 2, hosts: 'db[8-9]' } },
  platforms: { 'debian12-x86_64': 40 },
  domains: { lpar1: { hosts: 20, cap: 3 }, lpar2: { hosts: 20, cap: 3 } },
  waves: [
    {
      size: '1',
      from: 0,
      to: 1,
      atOnce: 1,
      limitedBy: 'wave',
      expectedMs: 60_000,
      soakMs: 600_000,
      gate: false,
    },
    {
      size: '10%',
      from: 1,
      to: 4,
      atOnce: 3,
      limitedBy: 'wave',
      expectedMs: 60_000,
      soakMs: 600_000,
      gate: true,
    },
    {
      size: '100%',
      from: 4,
      to: 40,
      atOnce: 5,
      limitedBy: 'caps',
      expectedMs: 480_000,
      soakMs: 0,
      gate: false,
    },
  ],
  stopAt: 2,
  firstWaveStopAt: 1,
  undo: [{ platform: 'debian12-x86_64', from: '6.0-28', hosts: 40, rpms: [] }],
  warnings: [],
  plannedAt: '2026-03-14T21:50:00Z',
};

/** Entries of a book, a second apart. */
export class BookBuilder {
  readonly entries: RolloutEntry[] = [];

  constructor(readonly rollout = `r-${'1a2b3c4d'.repeat(4)}`) {
    this.add({
      kind: 'started',
      rollout,
      fleet: 'prod',
      package: 'unzip',
      version: '6.0-28.1',
      plan: digest('c'),
      workflowId: 'rollout/prod/unzip',
      hosts: 40,
      selected: 45,
      untouched: { already: 3, held: 2 },
      waves: [1, 3, 36],
      stopAt: 2,
      actor: { name: 'anna@secured1', proof: 'claimed', reason: 'CVE-2022-0529', ticket: 'CHG48812' },
    });
  }

  add(entry: RolloutEntry extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never): this {
    const at = new Date(startMs + this.entries.length * 1000).toISOString();
    this.entries.push({ ...entry, at } as RolloutEntry);
    return this;
  }

  phase(phase: Extract<RolloutEntry, { kind: 'phase' }>['phase'], wave: number, untilAt?: string): this {
    return this.add({ kind: 'phase', phase, wave, untilAt });
  }

  begin(...indexes: number[]): this {
    for (const index of indexes)
      this.add({
        kind: 'begun',
        host: list[index]!.name,
        index,
        operation: `operation-${index}`,
        request: digest('d'),
        action: 'apply',
        attempt: 1,
        previous: '',
        before: [],
        absent: [],
      });
    return this;
  }

  end(
    state: Extract<RolloutEntry, { kind: 'state' }>['state'],
    indexes: number[],
    code?: string,
    detail?: string,
  ): this {
    for (const index of indexes) {
      const host = list[index]!.name;
      this.add({ kind: 'ended', host, index, operation: `operation-${index}`, outcome: state });
      const failure = state === 'failed' || state === 'quarantined' || code?.startsWith('TG_') === true;
      this.add({ kind: 'state', host, index, state, code, detail, failure, attempt: 1 });
    }
    return this;
  }

  apply(...indexes: number[]): this {
    return this.begin(...indexes).end('applied', indexes);
  }

  record(): RolloutRecord {
    const record = new RolloutRecord();
    for (const entry of this.entries) record.add(entry);
    return record;
  }
}

/** In the middle of the last wave: some applied, five in progress, one quarantined, one out of reach. */
export function running(): BookBuilder {
  const book = new BookBuilder().phase('wave', 1).apply(0).phase('wave', 2).apply(1, 2, 3).phase('wave', 3);
  book
    .apply(...between(4, 14))
    .begin(14)
    .end('quarantined', [14], 'TG_OPERATION_LOST', 'two unzip versions in rpmdb');
  book.add({
    kind: 'unreachable',
    host: 'web016',
    index: 15,
    attempt: 1,
    try: 1,
    code: 'TG_HOST_UNREACHABLE',
    detail: 'web016 (10.4.1.16:22): refused',
  });
  return book.begin(...between(16, 21));
}

export function between(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
