import { check } from '../../chaos/check/check';
import type { Evidence } from '../../chaos/check/evidence';
import type { HostFacts, OperationFacts, RpmCall } from '../../chaos/check/facts';
import type { Setup } from '../../chaos/schedule';
import { type RolloutEntry, rolloutEntrySchema } from '../../model/ledger';
import { RolloutRecord } from '../../model/record';

const at = '2026-01-01T00:00:00.000Z';
const actor = { name: 'tests', proof: 'claimed' };
const setup: Setup = {
  from: '1',
  to: '2',
  perDomain: 1,
  total: 2,
  stopAt: 2,
  firstWaveStopAt: 1,
  whenSpent: 'pause',
  failedHost: 'rollback',
  soakSeconds: 0,
  gate: false,
  bad: [],
};
const headers = new Map([
  ['1', 'aa'],
  ['2', 'bb'],
]);
const hosts = ['web1', 'web2', 'web3'];
/** web1 and web2 share a domain. */
const domains = new Map([
  ['web1', 'lpar1'],
  ['web2', 'lpar1'],
  ['web3', 'lpar2'],
  ['web4', 'lpar2'],
  ['ctl1', ''],
]);

const started = {
  kind: 'started',
  rollout: 'r-1',
  fleet: 'f',
  package: 'p',
  version: '2-1',
  plan: 'p',
  workflowId: 'w',
  hosts: 3,
  selected: 4,
  untouched: { already: 1 },
  waves: [1, 3],
  stopAt: 2,
  actor,
};
const began = (host: string, operation: string, action = 'apply', attempt = 1) => ({
  kind: 'begun',
  host,
  index: hosts.indexOf(host),
  operation,
  request: 'x',
  action,
  attempt,
  previous: 'none',
  before: [],
  absent: [],
});
const ended = (host: string, operation: string, outcome = 'ok') => ({
  kind: 'ended',
  host,
  index: hosts.indexOf(host),
  operation,
  outcome,
});
const isNow = (host: string, state: string, more: object = {}) => ({
  kind: 'state',
  host,
  index: hosts.indexOf(host),
  state,
  failure: state === 'failed' || state === 'quarantined' || state === 'rolled back',
  attempt: 1,
  ...more,
});
/** Here the budget of the whole counts. */
const waveTwo = { kind: 'phase', phase: 'wave', wave: 2 };
const over = { kind: 'ended rollout', result: 'done' };

const call = (operation: string, beganMs: number, given: Partial<RpmCall> = {}): RpmCall => ({
  folder: `/var/lib/tidegate/operations/${operation}`,
  words: ['-U', 'x.rpm'],
  beganMs,
  endedMs: beganMs + 10,
  code: 0,
  ...given,
});
const operationOf = (id: string, beganMs: number, given: Partial<OperationFacts> = {}): OperationFacts => ({
  id,
  beganMs,
  endedMs: beganMs + 20,
  outcome: 'ok',
  ...given,
});
const factsOf = (host: string, version: string, given: Partial<HostFacts> = {}): HostFacts => ({
  host,
  head: 'none',
  calls: [],
  operations: [],
  installed: [`${version}-1 ${headers.get(version)}`],
  version,
  differs: [],
  ...given,
});

/** All three hosts are applied, one after the other. */
const goodEntries: object[] = [
  started,
  ...hosts.flatMap((host) => [began(host, `o-${host}`), ended(host, `o-${host}`), isNow(host, 'applied')]),
  over,
];
const goodFacts: HostFacts[] = hosts.map((host, index) =>
  factsOf(host, '2', {
    head: `o-${host}`,
    calls: [call(`o-${host}`, index * 100)],
    operations: [operationOf(`o-${host}`, index * 100)],
  }),
);

function judge(
  lines: readonly object[] = goodEntries,
  facts: readonly HostFacts[] = goodFacts,
  reported?: Evidence['reported'],
) {
  const entries: RolloutEntry[] = lines.map((line) => rolloutEntrySchema.parse({ at, ...line }));
  const record = new RolloutRecord();
  for (const entry of entries) record.add(entry);
  const evidence: Evidence = {
    setup,
    headers,
    entries,
    record,
    domains,
    facts: new Map(facts.map((one) => [one.host, one])),
    reported: reported ?? {
      sums: [2, 1],
      hosts: hosts.map((host, index) => ({ host, state: record.host(index).state })),
    },
  };
  return check(evidence).map(({ invariant, host, what }) => `${invariant} ${host} ${what}`);
}

/** The first host's facts are others. */
const first = (given: Partial<HostFacts>) => [{ ...goodFacts[0]!, ...given }, ...goodFacts.slice(1)];
const instead = (from: number, count: number, ...lines: object[]) =>
  goodEntries.toSpliced(from, count, ...lines);

test('a rollout in which all went well violates nothing', () => expect(judge()).toEqual([]));

const broken: {
  readonly what: string;
  readonly found: readonly string[];
  readonly entries?: readonly object[];
  readonly facts?: readonly HostFacts[];
  readonly reported?: Evidence['reported'];
}[] = [
  {
    what: 'rpm that ran twice for one operation',
    found: ['1 web1 operation o-web1 ran its transaction twice'],
    facts: first({ calls: [call('o-web1', 0), call('o-web1', 50)] }),
  },
  {
    what: 'rpm that ran again after its host died with it',
    found: ['1 web1 operation o-web1 ran its transaction twice'],
    facts: first({ calls: [call('o-web1', 0, { endedMs: undefined, code: undefined }), call('o-web1', 50)] }),
  },
  {
    what: 'rpm that nobody asked for',
    found: ['1 web1 rpm ran in /root, which is no operation of this rollout: -U x.rpm'],
    facts: first({ calls: [call('o-web1', 0), call('x', 50, { folder: '/root' })] }),
  },
  {
    what: 'rpm that began beside another',
    found: [
      '1 web1 operation o-web1 ran its transaction twice',
      '1 web1 rpm of o-web1 began before that of o-web1 was over',
    ],
    facts: first({ calls: [call('o-web1', 0), call('o-web1', 5)] }),
  },
  {
    what: 'a success of which rpm knows nothing',
    found: ['1 web1 the ledger says that apply o-web1 went well, and rpm did nothing for it'],
    facts: first({ calls: [] }),
  },
  {
    what: 'a success that the host does not confirm',
    found: ['1 web1 the ledger says that apply o-web1 went well, and the host says TG_CHECK_FAILED'],
    facts: first({ operations: [operationOf('o-web1', 0, { outcome: 'TG_CHECK_FAILED' })] }),
  },
  {
    what: 'a void operation that the host has',
    found: [
      '1 web1 rpm ran for o-web1, which the ledger calls void',
      '1 web1 the ledger calls apply o-web1 void, and the host has it',
    ],
    entries: instead(2, 1, { kind: 'void', host: 'web1', index: 0, operation: 'o-web1' }),
  },
  {
    what: 'a second apply of what is applied',
    found: ['1 web1 o-again applied what was applied already'],
    entries: instead(4, 0, began('web1', 'o-again'), ended('web1', 'o-again', 'TG_CHECK_FAILED')),
    facts: first({ head: 'o-again' }),
  },
  {
    what: 'a host whose last operation is another than that of the ledger',
    found: ['2 web1 its last operation is o-other, not o-web1'],
    facts: first({ head: 'o-other' }),
  },
  {
    what: 'a control instance that still has the patch',
    found: ['2 ctl1 it is rolled back and has 2-1 by rpm, 2 by its file, not 1'],
    entries: instead(1, 0, { ...isNow('ctl1', 'rolled back', { failure: false }), index: -1 }),
    facts: [...goodFacts, factsOf('ctl1', '2')],
  },
  {
    what: 'an applied host with the old version',
    found: ['2 web1 it is applied and has 1-1 by rpm, 1 by its file, not 2'],
    facts: first({ installed: ['1-1 aa'], version: '1' }),
  },
  {
    what: 'an applied host with another build',
    found: ['2 web1 it is applied and has 2-1 by rpm, 2 by its file, not 2'],
    facts: first({ installed: ['2-1 cc'] }),
  },
  {
    what: 'a host with both versions',
    found: ['2 web1 it is applied and has 1-1 and 2-1 by rpm, 2 by its file, not 2'],
    facts: first({ installed: ['1-1 aa', '2-1 bb'] }),
  },
  {
    what: 'a host whose files differ',
    found: ['2 web1 it is applied and has 2-1 by rpm, 2 by its file, and differs: S.5 x, not 2'],
    facts: first({ differs: ['S.5 x'] }),
  },
  {
    what: 'a failed host that is half-way',
    found: ['2 web1 it is failed and has 1-1 by rpm, 2 by its file, and differs: S.5 x, not 1 or 2'],
    entries: instead(2, 2, ended('web1', 'o-web1', 'TG_OPERATION_LOST'), isNow('web1', 'failed'), waveTwo),
    facts: first({ installed: ['1-1 aa'], differs: ['S.5 x'] }),
  },
  {
    what: 'a host of which nothing was told, and that has the patch',
    found: [
      '1 web1 rpm ran in /var/lib/tidegate/operations/o-web1, which is no operation of this rollout: -U x.rpm',
      '2 web1 it is pending and has 2-1 by rpm, 2 by its file, not 1',
    ],
    entries: instead(1, 3),
  },
  {
    what: 'a quarantine without a reason',
    found: ['2 web1 it is quarantined, and nothing says why'],
    entries: instead(3, 1, isNow('web1', 'quarantined'), waveTwo),
  },
  {
    what: 'an operation that is not over when the rollout is',
    found: ['2 web1 it is pending, the rollout is over, and its operation is not'],
    entries: instead(2, 2, waveTwo),
  },
  {
    what: 'a number of hosts that does not add up',
    found: [
      '3  2 to change and 1 untouched are not 4 selected',
      '3  the report counts 3 hosts, of 2 to change',
      '3  the report names 3 hosts, of 2 to change',
    ],
    entries: instead(0, 1, { ...started, hosts: 2 }),
  },
  {
    what: 'a host that is there and was not selected',
    found: ['3  3 are selected, of 4 hosts'],
    entries: instead(0, 1, { ...started, selected: 3 }),
  },
  {
    what: 'a report that counts a host twice and leaves another out',
    found: [
      '3  the report counts 4 hosts, of 3 to change',
      '3  the report names 2 hosts, of 3 to change',
      '3 web1 the report has it twice',
      '3 web1 the report has it twice',
      '3 web3 the ledger has a state of it, and the report has not',
    ],
    reported: { sums: [4], hosts: ['web1', 'web1', 'web2'].map((host) => ({ host, state: 'applied' })) },
  },
  {
    what: 'a report that has another state than the ledger',
    found: ['3 web2 the report has it as pending, and the ledger as applied'],
    reported: {
      sums: [3],
      hosts: hosts.map((host) => ({ host, state: host === 'web2' ? 'pending' : 'applied' })),
    },
  },
  {
    what: 'a domain with two hosts at once',
    found: ['4 web2 web1,web2 of lpar1 at once, of 1'],
    facts: first({ operations: [operationOf('o-web1', 0, { endedMs: 150 })] }),
  },
  {
    what: 'one host more at once than in all',
    found: ['4 web2 web1,web2 of lpar1 at once, of 1', '4 web3 web1,web2,web3 at once, of 2'],
    facts: goodFacts.map((one, index) => ({
      ...one,
      operations: [operationOf(`o-${one.host}`, index, { endedMs: 500 })],
    })),
  },
  {
    what: 'a second failure in wave 1',
    found: [
      '5 web2 failure 2 of at most 1',
      '5 web2 2 have failed, or may yet, of at most 1',
      '5 web3 3 have failed, or may yet, of at most 1',
    ],
    entries: instead(
      3,
      4,
      isNow('web1', 'failed'),
      isNow('web2', 'failed'),
      began('web2', 'o-web2'),
      ended('web2', 'o-web2'),
    ),
  },
  {
    what: 'more hosts in progress than may fail in wave 1',
    found: ['5 web2 2 have failed, or may yet, of at most 1'],
    entries: instead(2, 3, began('web2', 'o-web2'), ended('web1', 'o-web1'), isNow('web1', 'applied')),
  },
  {
    what: 'a failure too many in what is tried again after a rollback',
    found: ['5 web3 3 have failed, or may yet, of at most 2', '5 web3 failure 3 of at most 2'],
    entries: instead(
      7,
      3,
      { kind: 'phase', phase: 'rolling back', wave: 2 },
      isNow('web1', 'quarantined', { code: 'TG_UNDO_FAILED' }),
      isNow('web2', 'quarantined', { code: 'TG_UNDO_FAILED' }),
      waveTwo,
      began('web3', 'o-web3'),
      ended('web3', 'o-web3'),
      isNow('web3', 'quarantined', { code: 'TG_CHECK_FAILED' }),
    ),
  },
  {
    what: 'an operation that began after the gate was shut',
    found: ['5 web2 o-web2 began after the gate was shut'],
    entries: instead(4, 0, { kind: 'gate', state: 'closed', inFlight: 0 }).toSpliced(8, 0, {
      kind: 'gate',
      state: 'open',
      inFlight: 0,
    }),
  },
];
test.each(broken)('$what is found', ({ found, entries, facts, reported }) =>
  expect(judge(entries, facts, reported)).toEqual(found),
);

test('rpm that waited for its lock ran once all the same', () => {
  expect(judge(undefined, first({ calls: [call('o-web1', 0, { code: 1 }), call('o-web1', 50)] }))).toEqual(
    [],
  );
});

test('a begin that was written, and not sent since the gate was shut, is no begin', () => {
  const notSent = [began('web1', 'o-0'), { kind: 'void', host: 'web1', index: 0, operation: 'o-0' }];
  const shut = { kind: 'gate', state: 'closed', inFlight: 0 };
  expect(judge(instead(1, 0, shut, ...notSent, { ...shut, state: 'open' }))).toEqual([]);
});

test('what a rollback does counts against no budget', () => {
  const back = [
    { kind: 'phase', phase: 'rolling back' },
    ...hosts.flatMap((host) => [isNow(host, 'quarantined', { code: 'TG_UNDO_FAILED' })]),
  ];
  expect(judge(instead(10, 1, ...back, over))).toEqual([]);
});
