import type { RunOutcome, RunResultEntry } from './run-ledger';
import { runOutcomes } from './run-ledger';

/** Hosts that ended alike: the same outcome, exit code and output, to the byte. */
export interface RunGroup {
  readonly outcome: RunOutcome;
  /** What tells groups of one outcome apart beside their output: `exit 3`, `SIGKILL`, a named error. */
  readonly why: string;
  readonly hosts: readonly string[];
  /** One host's, which is every host's. */
  readonly result: RunResultEntry;
}

/**
 * Folds results as ClusterShell's `clush -b` does: identical output once, with the hosts that gave it.
 * Hosts with nothing to tell apart are one group, so the hosts of all groups add up to the results given.
 * @returns groups by outcome, then the largest first.
 */
export function groupResults(results: Iterable<RunResultEntry>): RunGroup[] {
  const groups = new Map<string, RunGroup & { hosts: string[] }>();
  for (const result of results) {
    const why = whyOf(result);
    const key = JSON.stringify([
      result.outcome,
      why,
      saidOf(result),
      outputKey(result, 'stdout'),
      outputKey(result, 'stderr'),
    ]);
    const group = groups.get(key);
    if (group) group.hosts.push(result.host);
    else groups.set(key, { outcome: result.outcome, why, hosts: [result.host], result });
  }
  return [...groups.values()].sort(
    (a, b) =>
      runOutcomes.indexOf(a.outcome) - runOutcomes.indexOf(b.outcome) || b.hosts.length - a.hosts.length,
  );
}

/** @returns why it failed, of what ran and kept no output: a pull. */
export function saidOf({ outcome, code, stdout, stderr, detail }: RunResultEntry): string | undefined {
  const silent = stdout === undefined && stderr === undefined;
  return outcome === 'failed' && code !== undefined && silent ? detail : undefined;
}

/** @returns `exit 3`, `SIGKILL`, `TG_HOST_UNREACHABLE connection refused`; without what only one host has. */
export function whyOf(result: RunResultEntry): string {
  if (result.outcome === 'failed' && result.code !== undefined) return `exit ${result.code}`;
  if (result.signal !== undefined) return result.signal;
  const [line = ''] = (result.detail ?? '').split('\n');
  return line.replace(/^(\w+ )?\S+ \([^)]*\): /, '$1');
}

/** What was cut is like nobody else's: nobody has seen the rest. */
function outputKey({ host, ...result }: RunResultEntry, stream: 'stdout' | 'stderr'): unknown {
  const { file, text, base64, bytes, cut } = result[stream] ?? {};
  return [file, text, base64, bytes, cut ? host : undefined];
}
