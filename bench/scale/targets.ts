import type { Measured } from './results';

/** What was to be kept to, and was or was not. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly met: boolean;
}

/** Temporal's own limits are 51,200 events and 2 MiB; it warns at a fifth of the first and at 256 KiB. */
const most = { historyEvents: 10_000, payloadKiB: 256, workerMiB: 512, pauseSeconds: 2, costRatio: 1.2 };

/** @returns what runs of any sizes were to keep to: of each the worst. */
export function targetsOf(runs: readonly Measured[]): Target[] {
  const worst = (of: (run: Measured) => number | undefined) =>
    Math.max(...runs.flatMap((run) => of(run) ?? []));
  return [
    ...costTargets(runs.filter(({ disturbed }) => !disturbed)),
    target(
      'events of a workflow',
      worst((run) => run.largestHistory.events),
      most.historyEvents,
    ),
    target(
      'KiB of a payload',
      worst((run) => run.largestPayload.bytes / 1024),
      most.payloadKiB,
    ),
    target(
      "MiB of the worker's memory",
      worst((run) => run.workerPeakMiB),
      most.workerMiB,
    ),
    target(
      'hosts of which ledger and simulation say different things',
      worst((run) => run.disagreements.length),
      0,
    ),
    target(
      'seconds until a pause took effect',
      worst((run) => run.disturbed?.pause.effectSeconds),
      most.pauseSeconds,
    ),
    target(
      'operations begun after a pause',
      worst((run) => run.disturbed?.pause.begunAfter),
      0,
    ),
  ].filter(({ value }) => value !== Number.NEGATIVE_INFINITY);
}

/** What a host costs in the largest run, in terms of the smallest. */
function costTargets(runs: readonly Measured[]): Target[] {
  const bySize = [...runs].sort((a, b) => a.hosts - b.hosts);
  const [smallest, largest] = [bySize[0], bySize.at(-1)];
  if (!smallest || !largest || smallest.hosts === largest.hosts) return [];
  const sizes = `a host of ${largest.hosts.toLocaleString('en-US')} / of ${smallest.hosts.toLocaleString('en-US')}`;
  const ratio = (of: (run: Measured) => number) =>
    of(largest) / largest.hosts / (of(smallest) / smallest.hosts);
  return [
    target(
      `wall time, ${sizes}`,
      ratio((run) => run.rolloutSeconds),
      most.costRatio,
    ),
    target(
      `CPU, ${sizes}`,
      ratio((run) => run.cpuSeconds),
      most.costRatio,
    ),
    target(
      `events, ${sizes}`,
      ratio((run) => run.events),
      most.costRatio,
    ),
  ];
}

const target = (what: string, value: number, limit: number): Target => ({
  what,
  value,
  limit,
  met: value <= limit,
});
