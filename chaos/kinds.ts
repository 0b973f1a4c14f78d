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

/** A kind of fault. */
export interface Kind {
  readonly name: string;
  readonly where: 'worker' | 'Temporal' | 'network' | 'host' | 'person';
  readonly weight: number;
  /** It happens at one of these. */
  readonly steps: readonly Step[];
  /** How long it lasts. */
  readonly ms?: readonly [number, number];
  readonly hold?: Hold;
}

/** A host's way, step by step. */
const way: readonly Step[] = [
  'host:staged',
  'ledger:begun',
  'host:operation',
  'host:rpm',
  'host:rpm over',
  'host:result',
  'ledger:ended',
  'ledger:state',
];
const ahead: readonly Step[] = ['relay:connected', 'host:staged', 'ledger:begun'];
const inIt: readonly Step[] = ['host:operation', 'host:rpm', 'host:rpm over'];
const anywhere: readonly Step[] = [...way, 'ledger:started', 'ledger:phase'];

/** The table of what is survived (docs/reliability.md). */
export const kinds: readonly Kind[] = [
  { name: 'killed', where: 'worker', weight: 8, steps: anywhere },
  {
    name: 'killed with its begin on the way, which arrives late',
    where: 'worker',
    weight: 3,
    steps: ['ledger:begun'],
    hold: { step: 'host:staged', way: 'to the host' },
    // The next worker asks the host after some 8 s: before it, or after.
    ms: [1_000, 14_000],
  },
  {
    name: 'killed with the answer on the way, which is lost',
    where: 'worker',
    weight: 3,
    steps: ['host:result'],
    hold: { step: 'host:rpm', way: 'from the host' },
  },
  { name: 'killed again while it starts', where: 'worker', weight: 2, steps: way, ms: [50, 3_000] },
  { name: 'stopped and continued', where: 'worker', weight: 3, steps: way, ms: [500, 6_000] },
  {
    name: 'stopped past every timeout and continued',
    where: 'worker',
    weight: 1,
    steps: way,
    ms: [12_000, 20_000],
  },
  { name: 'told to end, and started again', where: 'worker', weight: 2, steps: way },
  { name: 'a second one started by mistake', where: 'worker', weight: 1, steps: way },

  { name: 'server killed', where: 'Temporal', weight: 3, steps: anywhere, ms: [0, 8_000] },
  { name: 'server stopped and continued', where: 'Temporal', weight: 1, steps: way, ms: [1_000, 12_000] },
  { name: 'server and worker killed', where: 'Temporal', weight: 2, steps: anywhere, ms: [0, 5_000] },

  { name: 'connection cut', where: 'network', weight: 10, steps: [...way, 'relay:sent', 'relay:answered'] },
  { name: 'black hole', where: 'network', weight: 5, steps: [...way, 'relay:connected'], ms: [500, 12_000] },
  {
    name: 'black hole, then cut',
    where: 'network',
    weight: 3,
    steps: [...way, 'relay:connected'],
    ms: [500, 12_000],
  },
  { name: 'reset storm', where: 'network', weight: 3, steps: way, ms: [500, 8_000] },
  { name: 'slow link', where: 'network', weight: 3, steps: ahead, ms: [2_000, 8_000] },
  { name: 'logins refused', where: 'network', weight: 3, steps: way, ms: [500, 8_000] },

  { name: 'power cut', where: 'host', weight: 8, steps: [...way, 'relay:connected'], ms: [0, 6_000] },
  { name: 'sshd dead', where: 'host', weight: 3, steps: way, ms: [500, 8_000] },
  { name: 'sshd hangs', where: 'host', weight: 2, steps: way, ms: [500, 8_000] },
  { name: 'rpm killed', where: 'host', weight: 4, steps: ['host:rpm'] },
  { name: 'runner killed', where: 'host', weight: 4, steps: inIt },
  { name: 'runner and rpm killed', where: 'host', weight: 4, steps: inIt },
  { name: 'rpm lock held by another', where: 'host', weight: 3, steps: ahead, ms: [500, 9_000] },
  { name: '/var full', where: 'host', weight: 3, steps: [...ahead, ...inIt], ms: [1_000, 8_000] },
  { name: '/opt full', where: 'host', weight: 2, steps: ahead, ms: [1_000, 8_000] },
  { name: 'root read-only', where: 'host', weight: 2, steps: [...ahead, ...inIt], ms: [1_000, 8_000] },
  { name: 'scriptlet fails', where: 'host', weight: 4, steps: ahead, ms: [1_000, 8_000] },
  { name: 'scriptlet hangs', where: 'host', weight: 3, steps: ahead, ms: [1_000, 8_000] },
  {
    name: 'scriptlet hangs past the deadline',
    where: 'host',
    weight: 0.5,
    steps: ahead,
    ms: [45_000, 50_000],
  },
  { name: 'scriptlet kills rpm', where: 'host', weight: 3, steps: ahead, ms: [5_000, 5_000] },
  { name: 'scriptlet floods', where: 'host', weight: 1, steps: ahead, ms: [5_000, 5_000] },
  { name: 'check fails', where: 'host', weight: 4, steps: ahead, ms: [1_000, 8_000] },

  { name: 'pauses, then resumes', where: 'person', weight: 5, steps: anywhere, ms: [0, 4_000] },
  {
    name: 'pauses and resumes from two terminals',
    where: 'person',
    weight: 2,
    steps: way,
    ms: [1_000, 3_000],
  },
  { name: 'resumes', where: 'person', weight: 1, steps: way },
  { name: 'approves', where: 'person', weight: 2, steps: anywhere },
  { name: 'retries', where: 'person', weight: 2, steps: way },
  { name: 'rolls back', where: 'person', weight: 1, steps: way },
  { name: 'aborts', where: 'person', weight: 1, steps: way },
];

/** @returns the kinds in whose place or name the text is; all when there is no text. @throws when that is none */
export function kindsWith(text = ''): readonly Kind[] {
  const found = kinds.filter(({ where, name }) => `${where} ${name}`.includes(text));
  if (found.length === 0) throw new Error(`no kind of fault is called «${text}»`);
  return found;
}
