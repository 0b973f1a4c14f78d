/** Where a rollout is, as it shows from outside: in the ledger, in the files of a host, in the bytes before its sshd. */
export type Step =
  | 'ledger:started'
  | 'ledger:phase'
  | 'ledger:begun'
  | 'ledger:ended'
  | 'ledger:state'
  | 'host:staged'
  | 'host:operation'
  | 'host:rpm'
  | 'host:rpm over'
  | 'host:result'
  | 'relay:connected'
  | 'relay:sent'
  | 'relay:answered';

/** Bytes that a relay keeps back from a step on, so that what comes next surely happens before they arrive. */
export interface Hold {
  readonly step: Step;
  readonly way: 'to the host' | 'from the host';
}

export interface Kind {
  readonly name: string;
  readonly where: 'worker' | 'Temporal' | 'network' | 'host' | 'person';
  readonly weight: number;
  /** It happens at one of these. */
  readonly steps: readonly Step[];
  /** How long it lasts. */
  readonly ms?: readonly [number, number];
  readonly hold?: Hold;
  /** It is there from the start of the rollout, and waits for whoever meets it. */
  readonly fromStart?: boolean;
}

const onTheWay: readonly Step[] = [
  ...(['host:staged', 'ledger:begun', 'host:operation', 'host:rpm', 'host:rpm over', 'host:result'] as const),
  ...(['ledger:ended', 'ledger:state'] as const),
];

/** The table of what is survived (docs/reliability.md). */
export const kinds: readonly Kind[] = [
  { name: 'worker killed', where: 'worker', weight: 6, steps: onTheWay },
  {
    name: 'worker killed, its begin on the way',
    where: 'worker',
    weight: 2,
    steps: ['ledger:begun'],
    hold: { step: 'host:staged', way: 'to the host' },
    ms: [2_000, 6_000],
  },
  {
    name: 'worker killed, the answer on the way',
    where: 'worker',
    weight: 2,
    steps: ['host:result'],
    hold: { step: 'host:rpm', way: 'from the host' },
  },
  {
    name: 'connection cut',
    where: 'network',
    weight: 8,
    steps: [...onTheWay, 'relay:sent', 'relay:answered'],
  },
];
