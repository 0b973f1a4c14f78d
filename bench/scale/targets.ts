import type { Measured } from './measure';

/** Temporal's own limits are 51,200 events and 2 MiB; it warns at a fifth of the first and at 256 KiB. */
const most = { historyEvents: 10_000, payloadBytes: 256 * 1024, workerMiB: 512, pauseSeconds: 2 };

/** @returns what a rollout was to keep to, and did not. */
export function missed(measured: Measured): string[] {
  const { largestHistory, largestPayload, workerPeakMiB, disagreements, disturbed } = measured;
  const limits: [what: string, value: number, limit: number][] = [
    ['events of a workflow', largestHistory.events, most.historyEvents],
    ['bytes of a payload', largestPayload.bytes, most.payloadBytes],
    ["MiB of the worker's memory", workerPeakMiB, most.workerMiB],
    ['hosts of which ledger and simulation say different things', disagreements.length, 0],
    ['seconds until a pause took effect', disturbed?.pause.effectSeconds ?? 0, most.pauseSeconds],
    ['operations begun after a pause', disturbed?.pause.begunAfter ?? 0, 0],
  ];
  return limits.flatMap(([what, value, limit]) => (value > limit ? `${what}: ${value}, limit ${limit}` : []));
}
