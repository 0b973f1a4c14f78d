import { type RunEntry, type RunOutcome, type RunResultEntry, runOutcomes } from './run-ledger';

/** One run as the ledger tells it: entries are folded in one by one. Worker and CLI read the same record. */
export class RunRecord {
  started?: Extract<RunEntry, { kind: 'started' }>;
  ended?: Extract<RunEntry, { kind: 'ended run' }>;
  /** The canary has run, and nobody has answered yet. */
  waiting = false;
  stopped = false;
  readonly results = new Map<number, RunResultEntry>();
  /** Hosts to which the command was sent. */
  readonly sent = new Set<number>();

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
        this.stopped ||= entry.verb === 'stop';
        return;
      case 'sent':
        this.sent.add(entry.index);
        return;
      case 'void':
        this.sent.delete(entry.index);
        return;
      case 'result':
        this.results.set(entry.index, entry);
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
    for (const { outcome } of this.results.values()) counts[outcome] += 1;
    return counts;
  }

  /** Hosts with a command sent and no result yet. */
  inProgress(): number[] {
    return [...this.sent].filter((index) => !this.results.has(index));
  }
}
