import {
  type KeptOutput,
  mostKeptBytes,
  type RunEntry,
  type RunOutcome,
  type RunResultEntry,
  runOutcomes,
} from './run-ledger';

/**
 * One run as the ledger tells it: entries are folded in one by one. Worker and CLI read the same record. It holds a
 * few bytes a host, whatever hosts print: the worker has several at once, of 100,000 hosts each.
 */
export class RunRecord {
  started?: Extract<RunEntry, { kind: 'started' }>;
  ended?: Extract<RunEntry, { kind: 'ended run' }>;
  /** The canary has run, and nobody has answered yet. */
  waiting = false;
  goneOn = false;
  stopped = false;
  readonly outcomes = new Map<number, RunOutcome>();
  /** Hosts to which the command was sent. */
  readonly sent = new Set<number>();
  /** Of the output, so much is in files of the store, or a little less. */
  keptBytes = 0;

  add(entry: RunEntry): void {
    switch (entry.kind) {
      case 'started':
        this.started ??= entry;
        return;
      case 'waiting':
        this.waiting = true;
        return;
      case 'asked':
        this.waiting = false;
        this.goneOn ||= entry.verb === 'go on';
        this.stopped ||= entry.verb === 'stop';
        return;
      case 'sent':
        this.sent.add(entry.index);
        return;
      case 'void':
        this.sent.delete(entry.index);
        return;
      case 'result':
        this.outcomes.set(entry.index, entry.outcome);
        this.keptBytes += inStoreBytes(entry.stdout) + inStoreBytes(entry.stderr);
        return;
      case 'ended run':
        this.ended = entry;
    }
  }

  /** Hosts by outcome; with those that have none yet they add up to the hosts selected. */
  counts(): Record<RunOutcome, number> {
    const counts = Object.fromEntries(runOutcomes.map((outcome) => [outcome, 0])) as Record<
      RunOutcome,
      number
    >;
    for (const outcome of this.outcomes.values()) counts[outcome] += 1;
    return counts;
  }

  /** How many hosts have a command sent and no result yet. */
  inProgress(): number {
    let count = 0;
    for (const index of this.sent) if (!this.outcomes.has(index)) count += 1;
    return count;
  }
}

/** A run with what each host answered, for who shows it. */
export class AnsweredRun extends RunRecord {
  readonly results = new Map<number, RunResultEntry>();

  override add(entry: RunEntry): void {
    super.add(entry);
    if (entry.kind === 'result') this.results.set(entry.index, entry);
  }
}

const inStoreBytes = (output: KeptOutput | undefined) =>
  output?.file === undefined ? 0 : Math.min(output.bytes, mostKeptBytes);
